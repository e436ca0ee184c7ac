#include "harness/test_bench.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "harness/provenance.hpp"
#include "probe/exchange.hpp"

namespace portwright::harness {
namespace {

constexpr std::uint64_t reference_cache_bytes = 4ULL << 30;

// Of an allowance, tensors under way take a small share.
probe::Limits limits_of(std::uint64_t memory_bytes) {
  constexpr std::uint64_t share = 16;
  probe::Limits limits;
  limits.memory_bytes = memory_bytes;
  if (memory_bytes > 0)
    limits.credit_bytes = std::clamp<std::uint64_t>(memory_bytes / share, 1U << 20, limits.credit_bytes);
  return limits;
}

}  // namespace

Result<TestBench> open_bench(const TestSettings& settings, const std::filesystem::path& logs,
                             const std::vector<std::filesystem::path>& readable) {
  auto machine = examine_machine(settings);
  if (!machine) return tl::unexpected<Error>(std::move(machine.error()));
  auto versions = reference_versions(*machine);
  if (!versions) return tl::unexpected<Error>(std::move(versions.error()));
  auto scratch = Scratch::make(cache_folder() / "scratch");
  if (!scratch) return tl::unexpected<Error>(std::move(scratch.error()));
  const probe::Limits limits = limits_of(settings.memory_bytes);
  auto exchange = settings.memory_bytes == 0 ? probe::ExchangeFolder::make(2 * limits.credit_bytes)
                                             : probe::ExchangeFolder::make_on_disk();
  if (!exchange) return tl::unexpected<Error>(std::move(exchange.error()));
  auto started = launches(*machine, logs, exchange->path(), scratch->path(), readable);
  if (!started) return tl::unexpected<Error>(std::move(started.error()));

  std::optional<probe::AnswerCache> cache;
  if (settings.use_cache) cache.emplace(cache_folder() / "answers", reference_cache_bytes);
  auto workers = std::make_unique<probe::Workers>(std::move(*started), limits, std::move(*exchange));
  return TestBench{std::move(*machine), std::move(*versions), std::move(*scratch), std::move(cache),
                   std::move(workers)};
}

}  // namespace portwright::harness
