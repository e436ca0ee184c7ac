#include "diagnose/rope_causes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "diagnose/rope_changes.hpp"

namespace portwright::diagnose {
namespace {

using results::Cause;

constexpr double unit_of_float32 = 1.0 / (1 << 24);

// Notes how far one angle and radius are off.
void note(RopeDistance& distance, std::size_t place, double angle, double radius) {
  distance.angle_units = std::max(distance.angle_units, angle);
  distance.radius_units = std::max(distance.radius_units, radius);
  const bool off = !(angle <= rope_units) || !(radius <= rope_units);  // a NaN is off
  if (off && (distance.places.empty() || distance.places.back() != place)) distance.places.push_back(place);
}

RopeDistance other_count() { return {false, HUGE_VAL, HUGE_VAL, {}}; }

double radius_units(double got, double want) {
  return want == 0 ? (got == 0 ? 0 : HUGE_VAL) : std::abs(got / want - 1) / unit_of_float32;
}

// Enough to tell what an angle's rounding is measured in, and in no scaling's reach.
constexpr std::int64_t short_text = 8;

std::string pair_that_differs(const RopeReading& port, const RopeReading& reference,
                              const std::optional<RopeSettings>& settings) {
  const std::int64_t context = settings ? settings->context_of_slope() : std::numeric_limits<std::int64_t>::max();
  const auto got = frequencies_of(port, context);
  const auto want = frequencies_of(reference, context);
  std::size_t worst = 0;
  const auto off = [&](std::size_t i) { return std::abs(got[i] / want[i] - 1); };
  for (std::size_t i = 1; i < got.size(); ++i) {
    if (off(i) > off(worst)) worst = i;
  }
  return fmt::format("turns pair {} by {:.6g} a position where the reference turns it by {:.6g}", worst, got[worst],
                     want[worst]);
}

// Where it shows, in the words of `Cause::when`.
std::string when(const RopeDistance& distance, const RopeReading& port, const std::optional<RopeSettings>& settings) {
  const bool later_rows = std::all_of(distance.places.begin(), distance.places.end(),
                                      [&](std::size_t place) { return port.places[place].row > 0; });
  if (later_rows) return "in rows after the first";
  if (!settings || (settings->type != "longrope" && settings->type != "dynamic")) return "always";
  const double original = settings->original_context();
  const auto all = [&](bool beyond) {
    return std::all_of(distance.places.begin(), distance.places.end(), [&](std::size_t place) {
      return (static_cast<double>(port.places[place].context) > original) == beyond;
    });
  };
  const char* key = settings->type == "dynamic" ? "max_position_embeddings" : "original_max_position_embeddings";
  if (all(false)) return fmt::format("in texts of up to {} ({:g}) tokens", key, original);
  if (all(true)) return fmt::format("in texts of more than {} ({:g}) tokens", key, original);
  return "always";
}

using Explanation = std::vector<const RopeChange*>;

bool explains(const Explanation& changes, const RopeSettings& base, const RopeReading& port) {
  RopeSettings settings = base;
  for (const RopeChange* change : changes) change->apply(settings);
  return rope_distance(port, settings).equal();
}

std::vector<Explanation> explanations(const std::vector<RopeChange>& changes, const RopeSettings& base,
                                      const RopeReading& port) {
  std::vector<Explanation> found;
  for (const RopeChange& change : changes) {
    if (explains({&change}, base, port)) found.push_back({&change});
  }
  // A number of one's choice explains too much: theta to the power of a share is a share's mistake.
  const auto is_fitted = [](const Explanation& explanation) { return explanation.front()->fitted; };
  if (!std::all_of(found.begin(), found.end(), is_fitted)) std::erase_if(found, is_fitted);
  if (!found.empty()) return found;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    for (std::size_t j = i + 1; j < changes.size(); ++j) {
      if (changes[i].cause.name == changes[j].cause.name) continue;
      // Which comes first matters to those that put a whole block aside.
      for (const Explanation& both : {Explanation{&changes[i], &changes[j]}, Explanation{&changes[j], &changes[i]}}) {
        if (!explains(both, base, port)) continue;
        found.push_back(both);
        break;
      }
    }
  }
  return found;
}

// Halves of a head stand further apart than those of its turning share.
int distance_within(const std::vector<RopePair>& pairs) { return pairs.front().second - pairs.front().first; }

Cause layout_cause(const RopeReading& port, const RopeReading& reference) {
  Cause cause;
  cause.name = "rope-layout";
  cause.error_removed = 1;
  const std::string got = layout_of(port.pairs);
  const std::string want = layout_of(reference.pairs);
  cause.sentence = got == want
                       ? fmt::format("turns pairs of dimensions {} apart where the reference turns pairs {} apart",
                                     distance_within(port.pairs), distance_within(reference.pairs))
                       : fmt::format("turns {} pairs where the reference turns {} ones", got, want);
  return cause;
}

bool other_layout(const std::vector<RopePair>& port, const std::vector<RopePair>& reference) {
  if (port.empty() || reference.empty()) return false;
  return layout_of(port) != layout_of(reference) || distance_within(port) != distance_within(reference);
}

Cause unexplained(const RopeReading& port, const RopeReading& reference, const RopeDistance& distance,
                  const std::optional<RopeSettings>& settings) {
  Cause cause;
  if (port.pairs.empty()) {
    cause.name = "rope-missing";
    cause.proved = true;
    cause.error_removed = 1;
    cause.sentence = fmt::format("turns nothing where the reference turns {} dimensions", reference.rotated());
  } else if (!distance.same_count) {
    cause.name = "rope-partial";
    cause.sentence =
        fmt::format("turns {} dimensions where the reference turns {}", port.rotated(), reference.rotated());
  } else if (distance.angle_units > rope_units) {
    cause.name = "rope-scaling";
    cause.sentence = pair_that_differs(port, reference, settings);
  } else {
    cause.name = "rope-attention-factor";
    cause.sentence = fmt::format("attention factor {:.6g} where the reference has {:.6g}", port.radii.front(),
                                 reference.radii.front());
  }
  return cause;
}

bool irregular(const RopeReading& reading) {
  return !(reading.irregular <= 1e-3);  // a thousandth of a basis vector is no rounding; nor is a NaN
}

}  // namespace

double rope_unit(double position, double frequency) {
  const double relative = frequency == 0 ? 1 : 1 + std::abs(std::log(std::abs(frequency)));
  return (1 + std::abs(position * frequency) * relative) * unit_of_float32;
}

RopeDistance rope_distance(const RopeReading& port, const RopeReading& reference) {
  RopeDistance distance;
  if (port.pairs.size() != reference.pairs.size()) return other_count();
  const auto frequencies = frequencies_of(reference, short_text);
  for (std::size_t place = 0; place < port.places.size(); ++place) {
    for (std::size_t pair = 0; pair < port.pairs.size(); ++pair) {
      const std::size_t at = port.at(place, pair);
      const double unit = rope_unit(static_cast<double>(port.places[place].position), frequencies[pair]);
      note(distance, place, std::abs(wrapped(port.angles[at] - reference.angles[at])) / unit,
           radius_units(port.radii[at], reference.radii[at]));
    }
  }
  return distance;
}

RopeDistance rope_distance(const RopeReading& port, const RopeSettings& settings) {
  RopeDistance distance;
  for (std::size_t place = 0; place < port.places.size(); ++place) {
    const RopePlace& at = port.places[place];
    const RopeExpected expected = expected_rope(settings, at.context);
    // A pair that turns by less than float32 can show is none.
    const auto turning = static_cast<std::size_t>(std::count_if(
        expected.frequencies.begin(), expected.frequencies.end(), [](double frequency) { return frequency != 0; }));
    if (turning != port.pairs.size()) return other_count();
    const double position = static_cast<double>(at.position) + settings.offset;
    for (std::size_t pair = 0; pair < port.pairs.size(); ++pair) {
      const double frequency = expected.frequencies[pair];
      const double want = settings.direction * position * frequency;
      note(distance, place,
           std::abs(wrapped(port.angles[port.at(place, pair)] - want)) / rope_unit(position, frequency),
           radius_units(port.radii[port.at(place, pair)], expected.attention_factor));
    }
  }
  return distance;
}

std::optional<RopeSettings> settings_of(const RopeReading& reference, const std::optional<RopeSettings>& config) {
  if (config && rope_distance(reference, *config).equal()) return config;
  RopeSettings plain = config.value_or(RopeSettings{});
  plain.from_config = false;
  plain.type = "default";
  plain.scaling = Json::object();
  plain.attention_factor.reset();
  plain.width = reference.width;
  plain.rotated = plain.exponent = reference.rotated();
  for (const double theta : read_thetas(reference, plain)) {
    plain.theta = theta;
    if (rope_distance(reference, plain).equal()) return plain;
  }
  return std::nullopt;
}

std::vector<Cause> rope_causes(const RopeReading& port, const RopeReading& reference,
                               const std::optional<RopeSettings>& settings, const std::vector<double>& config_thetas) {
  std::vector<Cause> causes;
  const RopeDistance distance = rope_distance(port, reference);
  if (irregular(port)) {
    Cause cause = layout_cause(port, reference);
    cause.sentence = "does not turn pairs of dimensions as a rotation does";
    return {cause};
  }
  if (distance.same_count && other_layout(port.pairs, reference.pairs)) {
    causes.push_back(layout_cause(port, reference));
    causes.back().proved = distance.equal();
  }
  if (distance.equal()) return causes;

  const std::string shows = distance.same_count ? when(distance, port, settings) : "always";
  std::vector<Explanation> found;
  std::vector<RopeChange> changes;
  if (settings && !port.pairs.empty()) {
    changes = rope_changes(*settings, port, config_thetas);
    found = explanations(changes, *settings, port);
  }
  if (found.empty()) {
    causes.push_back(unexplained(port, reference, distance, settings));
    causes.back().when = shows;
    return causes;
  }
  for (const Explanation& explanation : found) {
    for (const RopeChange* change : explanation) {
      Cause cause = change->cause;
      cause.when = shows;
      cause.proved = found.size() == 1;
      cause.error_removed = 1;
      const bool known = std::any_of(causes.begin(), causes.end(),
                                     [&](const Cause& other) { return other.sentence == cause.sentence; });
      if (!known) causes.push_back(std::move(cause));
    }
  }
  return causes;
}

}  // namespace portwright::diagnose
