// The worker that talks to the Hub, for commands that need no other.
#pragma once

#include <filesystem>
#include <memory>

#include "base/error.hpp"
#include "probe/workers.hpp"
#include "workspace/python.hpp"

namespace portwright::harness {

struct HubWorkers {
  workspace::Python python;
  std::unique_ptr<probe::Workers> workers;  // ask Side::hub; no other side is of use here
};

// Starts nothing yet. `python`: the interpreter with huggingface_hub; empty: chosen by workspace::find_python.
[[nodiscard]] Result<HubWorkers> open_hub(const std::filesystem::path& python);

}  // namespace portwright::harness
