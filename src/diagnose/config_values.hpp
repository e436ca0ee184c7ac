// Which config key a number goes back to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace portwright::diagnose {

struct ConfigValue {
  std::string key;   // "rope_scaling.factor" where it is nested
  double value = 0;  // as the config says it
  std::string form;  // how the number is made of it: "1 / sqrt(head_dim)"
};

// The key whose value, its inverse, root or inverse root is `number` to five digits. Multipliers come before sizes,
// which scale by their roots alone.
[[nodiscard]] std::optional<ConfigValue> config_value(const Json& config, double number);

// A number as a sentence shows it: three digits.
[[nodiscard]] std::string digits(double number);

// Keys that hold the eps of a norm, and their values.
[[nodiscard]] std::vector<ConfigValue> configured_eps(const Json& config);
// Those and the usual ones, which have no key.
[[nodiscard]] std::vector<ConfigValue> likely_eps(const Json& config);

}  // namespace portwright::diagnose
