#include "base/amounts.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace portwright {
namespace {

using Units = std::array<std::string_view, 5>;

// From `decimals_from` on, units are large enough that a tenth of one matters.
std::string in_thousands(std::uint64_t amount, const Units& units, std::size_t decimals_from) {
  auto value = static_cast<double>(amount);
  std::size_t unit = 0;
  // 999.5 and more would print as "1000".
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  if (units[unit].empty()) return fmt::format("{:.0f}", value);
  return unit >= decimals_from ? fmt::format("{:.1f} {}", value, units[unit])
                               : fmt::format("{:.0f} {}", value, units[unit]);
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) { return in_thousands(bytes, {"B", "kB", "MB", "GB", "TB"}, 3); }

std::string count_text(std::uint64_t count) { return in_thousands(count, {"", "k", "M", "B", "T"}, 3); }

std::string duration(double seconds) {
  if (!(seconds >= 0)) return "0 s";
  if (seconds < 9.95 && seconds != std::floor(seconds)) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace portwright
