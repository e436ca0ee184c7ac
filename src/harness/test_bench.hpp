// What a run measures with: the machine, the workers and what they share. Several runs may follow one another on it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "harness/launches.hpp"
#include "harness/scratch.hpp"
#include "harness/test_settings.hpp"
#include "probe/answer_cache.hpp"
#include "probe/workers.hpp"

namespace portwright::harness {

struct TestBench {
  Machine machine;
  std::string versions;  // what an answer of the reference depends on besides checkpoint and request
  Scratch scratch;
  std::optional<probe::AnswerCache> cache;
  std::unique_ptr<probe::Workers> workers;
};

// Starts no worker. `logs`: where their output is kept; `readable`: what a sandboxed port reads beside the system.
[[nodiscard]] Result<TestBench> open_bench(const TestSettings& settings, const std::filesystem::path& logs,
                                           const std::vector<std::filesystem::path>& readable);

}  // namespace portwright::harness
