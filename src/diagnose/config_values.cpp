#include "diagnose/config_values.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace portwright::diagnose {
namespace {

constexpr double five_digits = 1e-5;

struct Form {
  double (*of)(double);
  const char* words;
};
constexpr std::array forms_of_a_value{
    Form{[](double x) { return x; }, "{}"},
    Form{[](double x) { return 1 / x; }, "1 / {}"},
    Form{[](double x) { return std::sqrt(x); }, "sqrt({})"},
    Form{[](double x) { return 1 / std::sqrt(x); }, "1 / sqrt({})"},
};

// What scales is named so; a size that happens to have the right value comes last.
int rank(std::string_view key) {
  constexpr std::array<std::string_view, 7> words{"multiplier", "scal",  "factor",  "softcap",
                                                  "eps",        "theta", "head_dim"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (key.find(words[i]) != std::string_view::npos) return static_cast<int>(i);
  }
  return static_cast<int>(words.size());
}

void numbers_in(const Json& config, const std::string& prefix, std::vector<std::pair<std::string, double>>& found) {
  for (const auto& [key, value] : config.items()) {
    if (key.find("rotary") != std::string::npos) continue;  // a share of dimensions scales nothing
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.is_number()) found.emplace_back(name, value.get<double>());
    if (value.is_object()) numbers_in(value, name, found);
  }
}

}  // namespace

std::optional<ConfigValue> config_value(const Json& config, double number) {
  std::vector<std::pair<std::string, double>> numbers;
  numbers_in(config, "", numbers);
  // Every model's heads are as wide as this, where no key says another width.
  if (config.contains("hidden_size") && config.contains("num_attention_heads") && !config.contains("head_dim")) {
    const double heads = config.value("num_attention_heads", 1.0);
    if (heads > 0) numbers.emplace_back("head_dim", config.value("hidden_size", 0.0) / heads);
  }
  std::optional<ConfigValue> best;
  for (const auto& [key, value] : numbers) {
    if (value <= 0 || value == 1 || (best && rank(key) >= rank(best->key))) continue;
    for (const Form& form : forms_of_a_value) {
      // A count or a size scales by its root alone.
      const bool root = form.words == forms_of_a_value[2].words || form.words == forms_of_a_value[3].words;
      if (rank(key) >= rank("head_dim") && !root) continue;
      if (std::abs(form.of(value) - number) > five_digits * std::abs(number)) continue;
      best = ConfigValue{key, value, fmt::format(fmt::runtime(form.words), key)};
      break;
    }
  }
  return best;
}

std::string digits(double number) { return fmt::format("{:.3g}", number); }

std::vector<ConfigValue> configured_eps(const Json& config) {
  std::vector<ConfigValue> found;
  for (const Json* level : {&config, config.contains("text_config") ? &config["text_config"] : nullptr}) {
    if (level == nullptr) continue;
    for (const auto& [key, value] : level->items()) {
      const bool names_it = key.ends_with("eps") || key.ends_with("epsilon");
      if (names_it && value.is_number()) found.push_back({key, value.get<double>(), key});
    }
  }
  return found;
}

std::vector<ConfigValue> likely_eps(const Json& config) {
  std::vector<ConfigValue> likely = configured_eps(config);
  for (const double usual : {1e-5, 1e-6, 1e-8, 1e-12}) likely.push_back({"", usual, ""});
  return likely;
}

}  // namespace portwright::diagnose
