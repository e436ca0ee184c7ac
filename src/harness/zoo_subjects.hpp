// What a zoo measures, one row each: every model type that both libraries have, or the ports that a table lists.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "probe/workers.hpp"

namespace portwright::harness {

struct ZooSubject {
  std::string id;                   // of its row and its folder
  std::string model;                // MODEL as typed; see checkpoint/model_name.hpp
  std::filesystem::path port_file;  // empty: the installed port
  std::string port;                 // for the row: the module of mlx_lm.models, or the name of the file
};

// Model types that both sides know, on their synthetic checkpoints. `globs`: only types that match one of them; empty:
// all. Starts both workers.
[[nodiscard]] Result<std::vector<ZooSubject>> shared_subjects(probe::Workers& workers,
                                                              const std::vector<std::string>& globs);

// {"ports": [{"id", "model", "port": path from the table's folder, or left out for the installed port}]}
[[nodiscard]] Result<std::vector<ZooSubject>> listed_subjects(const std::filesystem::path& table);

}  // namespace portwright::harness
