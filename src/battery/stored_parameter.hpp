// A parameter as the checkpoint stores it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.hpp"
#include "diagnose/matrix.hpp"

namespace portwright::battery {

// Whichever file holds it and whatever the file's names begin with; nothing where none does.
[[nodiscard]] std::optional<diagnose::Matrix> stored_array(const checkpoint::Checkpoint& checkpoint,
                                                           const std::string& wanted);

// Its elements alone.
[[nodiscard]] std::optional<std::vector<double>> stored_parameter(const checkpoint::Checkpoint& checkpoint,
                                                                  const std::string& wanted);

}  // namespace portwright::battery
