// A parameter as the checkpoint stores it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.hpp"

namespace portwright::battery {

// Its elements, whichever file holds them; nothing where none does.
[[nodiscard]] std::optional<std::vector<double>> stored_parameter(const checkpoint::Checkpoint& checkpoint,
                                                                  const std::string& name);

}  // namespace portwright::battery
