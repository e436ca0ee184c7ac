// What ports have been seen to make of a config's rotary settings, each as a change of what it says.
#pragma once

#include <functional>
#include <vector>

#include "diagnose/rope_reading.hpp"
#include "diagnose/rope_settings.hpp"
#include "results/check_record.hpp"

namespace portwright::diagnose {

struct RopeChange {
  results::Cause cause;  // name, field and sentence
  std::function<void(RopeSettings&)> apply;
  bool fitted = false;  // its number was read off the port, and no config or habit holds it
};

// Every change that could explain `port`, with the values read off it.
[[nodiscard]] std::vector<RopeChange> rope_changes(const RopeSettings& settings, const RopeReading& port,
                                                   const std::vector<double>& config_thetas);

// The thetas that the reading's second pair could have, under the settings' type and without it; rounded values first.
[[nodiscard]] std::vector<double> read_thetas(const RopeReading& reading, const RopeSettings& settings);

}  // namespace portwright::diagnose
