// A synthetic checkpoint written to a folder of the user's, by the reference's own config and model classes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::harness {

struct SynthesisSettings {
  std::string model_type;        // "llama"
  std::string variant;           // "tied"; empty: the plain one
  std::uint64_t seed = 0;        // the same seed gives the same bytes
  std::filesystem::path out;     // a folder that is missing or empty
  std::filesystem::path python;  // the interpreter with transformers; empty: chosen by workspace::find_python
  std::chrono::milliseconds deadline{600'000};
};

// What the worker says of it (docs/probe-protocol.md, `synthesize`). An input error where the folder holds something.
[[nodiscard]] Result<Json> synthesize(const SynthesisSettings& settings);

}  // namespace portwright::harness
