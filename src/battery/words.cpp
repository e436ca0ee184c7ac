#include "battery/words.hpp"

#include <fmt/format.h>

#include <cmath>

namespace portwright::battery {

std::string number(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "NaN" : "infinite";
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size >= 0.01 && size < 1000) return fmt::format("{:.2g}", value);
  const int exponent = static_cast<int>(std::floor(std::log10(size)));
  return fmt::format("{:.1f}e{}", value / std::pow(10.0, exponent), exponent);
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return grouped(count) + " " + (count == 1 ? std::string(one) : many != nullptr ? many : std::string(one) + "s");
}

std::string grouped(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string listed(const std::vector<std::string>& items, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), most); ++i) text += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > most) text += fmt::format(" and {} more", grouped(items.size() - most));
  return text;
}

std::string layers_in_words(const std::vector<int>& layers, int in_all) {
  if (layers.empty()) return "";
  if (static_cast<int>(layers.size()) == in_all)
    return in_all == 1 ? "its one layer" : fmt::format("all {} layers alike", in_all);
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < layers.size();) {
    std::size_t end = i;
    while (end + 1 < layers.size() && layers[end + 1] == layers[end] + 1) ++end;
    ranges.push_back(end > i + 1 ? fmt::format("{}-{}", layers[i], layers[end]) : std::to_string(layers[i]));
    if (end == i + 1) ranges.push_back(std::to_string(layers[end]));
    i = end + 1;
  }
  return (layers.size() == 1 ? "layer " : "layers ") + listed(ranges, 8) + fmt::format(" of {}", in_all);
}

}  // namespace portwright::battery
