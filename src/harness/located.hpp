// MODEL turned into a folder with a checkpoint: found, unpacked, made or fetched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "checkpoint/model_name.hpp"
#include "probe/workers.hpp"

namespace portwright::harness {

struct Located {
  std::filesystem::path folder;
  std::string revision;  // of a Hub repository; else empty
};

enum class Network { on, off };

// Built-in and synthetic checkpoints are made once, by the reference worker, in `checkpoints`. `made_with` names the
// versions a made checkpoint depends on. Without the network a Hub repository must be in the cache.
[[nodiscard]] Result<Located> locate(const checkpoint::ModelName& model, std::uint64_t seed,
                                     const std::filesystem::path& checkpoints, const std::string& made_with,
                                     probe::Workers& workers, Network network = Network::on);

}  // namespace portwright::harness
