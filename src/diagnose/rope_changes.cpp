#include "diagnose/rope_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace portwright::diagnose {
namespace {

using results::Cause;

// What ports assume where they do not read a key: the defaults of mlx-lm's rope_utils and of the papers.
struct Habit {
  const char* key;
  double value;
};
constexpr std::array habits{
    Habit{"low_freq_factor", 1},
    Habit{"high_freq_factor", 4},
    Habit{"beta_fast", 32},
    Habit{"beta_slow", 1},
    Habit{"original_max_position_embeddings", 2048},
    Habit{"original_max_position_embeddings", 4096},
    Habit{"original_max_position_embeddings", 8192},
    Habit{"mscale", 1},
    Habit{"mscale_all_dim", 0},
};

class Changes {
 public:
  Changes(const RopeSettings& settings, const RopeReading& port, const std::vector<double>& config_thetas)
      : settings_(settings), port_(port) {
    scaling_ignored();
    thetas(config_thetas);
    other_numbers();
    one_list();
    partial();
    attention_factor();
    offset();
    backwards();
  }

  [[nodiscard]] std::vector<RopeChange> take() { return std::move(changes_); }

 private:
  void add(const char* name, const std::string& field, std::string sentence, std::function<void(RopeSettings&)> apply) {
    Cause cause;
    cause.name = name;
    if (settings_.from_config && !field.empty()) cause.field = field;
    cause.sentence = std::move(sentence);
    changes_.push_back({std::move(cause), std::move(apply)});
  }

  void thetas(const std::vector<double>& config_thetas) {
    std::vector<double> candidates{10000};
    candidates.insert(candidates.end(), config_thetas.begin(), config_thetas.end());
    const std::size_t known_ones = candidates.size();
    for (const double theta : read_thetas(port_, settings_)) {
      // A read value that is one of the known ones is that one.
      const bool known = std::any_of(candidates.begin(), candidates.end(),
                                     [&](double other) { return std::abs(theta / other - 1) < 1e-4; });
      if (!known) candidates.push_back(theta);
    }
    std::vector<double> seen{settings_.theta};
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const double theta = candidates[i];
      if (std::any_of(seen.begin(), seen.end(), [&](double other) { return std::abs(theta / other - 1) < 1e-6; })) {
        continue;
      }
      seen.push_back(theta);
      add("rope-theta", settings_.theta_field,
          fmt::format("rotates with theta {:.6g} where {} {:.6g}", theta, said_by("config " + settings_.theta_field),
                      settings_.theta),
          [theta](RopeSettings& changed) { changed.theta = theta; });
      changes_.back().fitted = i >= known_ones;
    }
  }

  void scaling_ignored() {
    if (settings_.type == "default") return;
    const auto ignore = [](RopeSettings& changed) {
      changed.type = "default";
      changed.attention_factor.reset();
    };
    RopeSettings plain = settings_;
    ignore(plain);
    add("rope-scaling", settings_.scaling_field,
        fmt::format("ignores {} ({}){}", settings_.scaling_field, settings_.type, against(plain)), ignore);
    if (settings_.type != "linear" && settings_.number("factor")) {
      add("rope-scaling", settings_.scaling_field,
          fmt::format("divides every frequency by {:.6g} where {} says {}", *settings_.number("factor"),
                      settings_.scaling_field, settings_.type),
          [](RopeSettings& changed) {
            changed.type = "linear";
            changed.attention_factor.reset();
          });
    }
    const double factor = expected_rope(settings_, 1).attention_factor;
    if (factor == 1) return;
    add("rope-scaling", settings_.scaling_field,
        fmt::format("keeps the frequencies of an unscaled embedding where {} says {}", settings_.scaling_field,
                    settings_.type),
        [factor](RopeSettings& changed) {
          changed.type = "default";
          changed.attention_factor = factor;
        });
  }

  // How another setting's frequencies stand to these, in words.
  [[nodiscard]] std::string against(const RopeSettings& other) const {
    const std::int64_t context = static_cast<std::int64_t>(settings_.original_context()) + 1;
    const RopeExpected got = expected_rope(other, context);
    const RopeExpected want = expected_rope(settings_, context);
    std::string words;
    std::size_t first = 0;
    while (first < want.frequencies.size() && std::abs(got.frequencies[first] / want.frequencies[first] - 1) < 1e-3) {
      ++first;
    }
    if (first < want.frequencies.size()) {
      const double most = got.frequencies.back() / want.frequencies.back();
      const std::string which =
          first == 0 ? "frequencies" : fmt::format("frequencies below {:.2g}", got.frequencies[first - 1]);
      words = fmt::format(": {} are up to {:.3g} times too {}", which, most > 1 ? most : 1 / most,
                          most > 1 ? "high" : "low");
    }
    if (std::abs(got.attention_factor / want.attention_factor - 1) > 1e-6) {
      words += fmt::format("{} attention factor {:.5g} where it says {:.5g}", words.empty() ? ":" : ",",
                           got.attention_factor, want.attention_factor);
    }
    return words;
  }

  void other_numbers() {
    if (settings_.type == "default") return;
    const auto instead = [&](const std::string& key, double value, const std::string& why) {
      const auto says = settings_.number(key);
      if (!says || *says == value) return;
      const std::string field = settings_.scaling_field + "." + key;
      add("rope-scaling", field, fmt::format("takes {} as {:g}{} where config says {:g}", field, value, why, *says),
          [key, value](RopeSettings& changed) { changed.scaling[key] = value; });
    };
    for (const Habit& habit : habits) instead(habit.key, habit.value, "");
    instead("original_max_position_embeddings", settings_.longest, " (max_position_embeddings)");
  }

  void one_list() {
    if (settings_.type != "longrope") return;
    for (const bool is_long : {true, false}) {
      add("rope-scaling", settings_.scaling_field + (is_long ? ".short_factor" : ".long_factor"),
          fmt::format("uses {} where the reference uses {}", is_long ? "long_factor" : "short_factor",
                      is_long ? "short_factor" : "long_factor"),
          [is_long](RopeSettings& changed) { changed.always_long = is_long; });
    }
  }

  void partial() {
    const int turned = port_.rotated();
    const std::string all = turned == port_.width ? "all " : "";
    if (turned != settings_.rotated) {
      const std::string sentence = fmt::format("rotates {}{} dimensions where {} {}", all, turned,
                                               said_by(settings_.partial_field), settings_.rotated);
      const std::string field = settings_.rotated == settings_.width ? "" : settings_.partial_field;
      add("rope-partial", field, sentence,
          [turned](RopeSettings& changed) { changed.rotated = changed.exponent = turned; });
      add("rope-partial", field, sentence + ", and keeps their frequencies",
          [turned](RopeSettings& changed) { changed.rotated = turned; });
      return;
    }
    // The reference's embedding may be given no more than what turns.
    const int head = std::max(settings_.width, port_.width);
    if (settings_.rotated == head) return;
    const bool over_head = settings_.exponent == head;
    const int other = over_head ? settings_.rotated : head;
    const std::string& field = over_head ? settings_.scaling_field : settings_.partial_field;
    add("rope-partial", field,
        fmt::format("spreads the frequencies over {} dimensions where {} {}", other,
                    said_by(over_head ? field + " (" + settings_.type + ")" : field), settings_.exponent),
        [other](RopeSettings& changed) { changed.exponent = other; });
  }

  // Who says what comes next.
  [[nodiscard]] std::string said_by(const std::string& key) const {
    return settings_.from_config ? key + " says" : "the reference has";
  }

  void attention_factor() {
    if (port_.radii.empty()) return;
    const double says = expected_rope(settings_, 1).attention_factor;
    double factor = port_.radii.front();
    if (std::abs(factor / says - 1) < 1e-6) return;
    if (std::abs(factor - 1) < 1e-6) factor = 1;
    const bool named = settings_.number("attention_factor").has_value();
    add("rope-attention-factor", settings_.scaling_field + (named ? ".attention_factor" : ""),
        fmt::format("attention factor {:.5g} where {} {:.5g}", factor, said_by(settings_.type), says),
        [factor](RopeSettings& changed) { changed.attention_factor = factor; });
  }

  void offset() {
    const auto zero = std::find_if(port_.places.begin(), port_.places.end(),
                                   [](const RopePlace& place) { return place.position == 0 && place.row == 0; });
    const RopeExpected expected = expected_rope(settings_, 1);
    if (zero == port_.places.end() || port_.pairs.empty() || expected.frequencies.size() != port_.pairs.size()) return;
    const std::size_t place = static_cast<std::size_t>(zero - port_.places.begin());
    const double at_zero = port_.angles[port_.at(place, 0)] / expected.frequencies.front();
    const double rounded = std::round(at_zero);
    if (rounded == 0) return;
    add("rope-offset", "", fmt::format("counts positions from {:g} where the reference counts from 0", rounded),
        [rounded](RopeSettings& changed) { changed.offset = rounded; });
  }

  void backwards() {
    add("rope-layout", "", "turns the second of each pair towards the first where the reference turns the first",
        [](RopeSettings& changed) { changed.direction = -1; });
  }

  const RopeSettings& settings_;
  const RopeReading& port_;
  std::vector<RopeChange> changes_;
};

}  // namespace

std::vector<double> read_thetas(const RopeReading& reading, const RopeSettings& settings) {
  if (reading.pairs.size() < 2) return {};
  const std::vector<double> read = frequencies_of(reading, settings.context_of_slope());
  // What the type makes of the first two pairs is taken off again.
  const std::vector<double> scaled = expected_rope(settings, settings.context_of_slope()).frequencies;
  const double scales =
      scaled.size() < 2 ? 1 : scaled[0] / scaled[1] * std::pow(settings.theta, -2.0 / settings.exponent);
  std::vector<double> thetas;
  const auto rounded = [](double value) {
    const double power = std::pow(10, std::floor(std::log10(value)) - 3);
    return std::round(value / power) * power;
  };
  for (const double exponent : {static_cast<double>(reading.rotated()), static_cast<double>(settings.exponent)}) {
    const double theta = std::pow(std::abs(read[0] / read[1] / scales), exponent / 2);
    if (!std::isfinite(theta) || theta <= 1) continue;
    if (std::abs(rounded(theta) / theta - 1) < 1e-4) thetas.push_back(rounded(theta));
    thetas.push_back(theta);
  }
  return thetas;
}

std::vector<RopeChange> rope_changes(const RopeSettings& settings, const RopeReading& port,
                                     const std::vector<double>& config_thetas) {
  return Changes(settings, port, config_thetas).take();
}

}  // namespace portwright::diagnose
