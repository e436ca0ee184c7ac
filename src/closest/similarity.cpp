#include "closest/similarity.hpp"

#include <cmath>

#include "closest/facts.hpp"

namespace portwright::closest {
namespace {

// Chosen on the development half of bench/closest, from a plateau of equals.
constexpr double weight_of_facts = 0.8;
constexpr double weight_of_keys = 0.1;
constexpr double weight_of_parameters = 0.1;
constexpr double weight_of_wish = 0.5;     // of a fact that only the reference has, and that a config may leave out
constexpr double weight_of_option = 0.15;  // of a fact that only the port has, and that a config may leave out
constexpr double weight_of_use = 0.02;     // of each doubling of the ports that rest on one
constexpr double weight_of_more = 0.25;    // of a config field or a parameter that only the port has

struct Share {
  double both = 0;
  double either = 0;

  [[nodiscard]] double value() const { return either > 0 ? both / either : 0; }
};

Share share_of_facts(const Structure& reference, const Structure& port) {
  Share share;
  for (const Fact& fact : facts()) {
    const bool here = reference.has(fact.id);
    const bool there = port.has(fact.id);
    if (!here && !there) continue;
    if (here && there) share.both += fact.weight;
    const double optional = here ? weight_of_wish : weight_of_option;
    share.either += fact.weight * (here != there && fact.optional ? optional : 1);
  }
  return share;
}

template <class Weight>
Share share_of(const Keys& reference, const Keys& port, Weight weight) {
  Share share;
  for (const auto& [name, ignored] : reference) {
    share.either += weight(name);
    if (port.contains(name)) share.both += weight(name);
  }
  for (const auto& [name, ignored] : port) {
    if (!reference.contains(name)) share.either += weight_of_more * weight(name);
  }
  return share;
}

}  // namespace

Rarity::Rarity(std::span<const Structure> structures) : whole_(structures.size()) {
  for (const Structure& one : structures) {
    for (const auto& [name, ignored] : one.keys) ++keys_[name];
    for (const auto& [name, ignored] : one.parameters) ++parameters_[name];
  }
}

double Rarity::of(const Counts& counts, std::string_view name) const {
  const auto found = counts.find(name);
  const double seen = found == counts.end() ? 0 : static_cast<double>(found->second);
  return std::log((static_cast<double>(whole_) + 2) / (seen + 1));
}
double Rarity::of_key(std::string_view name) const { return of(keys_, name); }
double Rarity::of_parameter(std::string_view name) const { return of(parameters_, name); }

double Similarity::weighted() const {
  return weight_of_facts * facts + weight_of_keys * keys + weight_of_parameters * parameters;
}

double score(const Similarity& similarity, std::size_t users) {
  return similarity.weighted() + weight_of_use * std::log2(1 + static_cast<double>(users));
}

Similarity similarity(const Structure& reference, const Structure& port, const Rarity& rarity) {
  const auto key_weight = [&](std::string_view name) { return rarity.of_key(name); };
  const auto parameter_weight = [&](std::string_view name) { return rarity.of_parameter(name); };
  return {share_of_facts(reference, port).value(), share_of(reference.keys, port.keys, key_weight).value(),
          share_of(reference.parameters, port.parameters, parameter_weight).value()};
}

}  // namespace portwright::closest
