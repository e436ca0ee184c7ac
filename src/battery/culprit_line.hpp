// Which line of the port a reader of a culprit should open.
#pragma once

#include <string>
#include <vector>

#include "battery/check.hpp"

namespace portwright::battery {

// "model.layers.*.mlp" in the first of its layers: "model.layers.3.mlp"; as it is where it has no star.
[[nodiscard]] std::string in_layer(std::string starred, const std::vector<int>& layers);

// Fills `port_line` of a record's culprit where it has one without a line, the port has loaded, and its source tells.
// Asks no worker.
void say_port_line(const Context& context, results::CheckRecord& record);

}  // namespace portwright::battery
