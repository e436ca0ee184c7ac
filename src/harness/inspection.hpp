// MODEL inspected: found, unpacked or asked of the Hub, and read beside the reference's source.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "inspect/inspection.hpp"

namespace portwright::harness {

struct InspectionSettings {
  std::string model;             // as typed; see checkpoint/model_name.hpp
  std::filesystem::path python;  // whose transformers is read, and whose huggingface_hub is asked; empty: chosen
  std::uint64_t seed = 0;        // of a synthetic checkpoint
  bool offline = false;          // of the Hub only what its cache holds
};

// Of a Hub repository no weights are fetched. A folder needs no interpreter.
[[nodiscard]] Result<inspect::Inspection> inspect_model(const InspectionSettings& settings);

}  // namespace portwright::harness
