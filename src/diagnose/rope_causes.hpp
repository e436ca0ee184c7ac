// How a port's rotary embedding differs from the reference's, and which reading of the config explains it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/rope_reading.hpp"
#include "diagnose/rope_settings.hpp"
#include "results/check_record.hpp"

namespace portwright::diagnose {

// What float32 leaves open in an angle, in radians: 2^-24 for the sine's own rounding, and as much of the angle itself
// for the frequency's, more by the frequency's logarithm because the exponent of theta is rounded too.
[[nodiscard]] double rope_unit(double position, double frequency);

// An angle may be off by this many units, a radius by this many times 2^-24. Theta 0.01 % off shows 50 and more.
inline constexpr double rope_units = 8;
// What correct ports show: the most over those of the synthetic checkpoints and SmolLM2.
inline constexpr double rope_units_seen = 2.5;

// A side against the other, or against settings, pair by pair in their order.
struct RopeDistance {
  bool same_count = true;           // as many pairs on both
  double angle_units = 0;           // the worst angle
  double radius_units = 0;          // the worst radius
  std::vector<std::size_t> places;  // that are off in either

  [[nodiscard]] bool equal() const { return same_count && places.empty(); }
};
// Both at the same places.
[[nodiscard]] RopeDistance rope_distance(const RopeReading& port, const RopeReading& reference);
[[nodiscard]] RopeDistance rope_distance(const RopeReading& port, const RopeSettings& settings);

// Settings that say what the reference does: those of the config where they agree with it, else a plain embedding with
// the theta that was read off; nothing where neither does.
[[nodiscard]] std::optional<RopeSettings> settings_of(const RopeReading& reference,
                                                      const std::optional<RopeSettings>& config);

// Why `port` does not do what `reference` does: the least changes to what the config says that explain every angle and
// radius. More than one where several fit; `proved` where exactly one does. Never empty for readings that differ.
// `config_thetas` are values that could stand in theta's place: a port may read another key.
[[nodiscard]] std::vector<results::Cause> rope_causes(const RopeReading& port, const RopeReading& reference,
                                                      const std::optional<RopeSettings>& settings,
                                                      const std::vector<double>& config_thetas);

}  // namespace portwright::diagnose
