#include "hub/config_groups.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "hub/config_features.hpp"
#include "hub/cover.hpp"

namespace portwright::hub {
namespace {

constexpr std::size_t letters = 26;

std::string letter(std::size_t index) {
  const std::string text(1, static_cast<char>('A' + index % letters));
  return index < letters ? text : letter(index / letters - 1) + text;
}

constexpr std::uint64_t same_size = 20'000'000;  // bytes: a tokenizer or a template makes no model larger

// What is easiest to fetch comes first: open, small, much used.
auto ease(const Variant& variant) {
  const std::uint64_t bytes = variant.model.download_bytes();
  return std::tuple(!variant.model.facts.gated.empty(),
                    bytes == 0 ? std::numeric_limits<std::uint64_t>::max() : bytes / same_size,
                    ~variant.model.facts.downloads.value_or(0), variant.model.facts.repo);
}

// Smaller configs first; those that could not be read last.
void order_by_config(std::vector<Variant>& variants) {
  std::map<std::string, std::tuple<std::uint64_t, std::string>> rank_of;
  const auto config_text = [](const Variant& variant) {
    return variant.model.config.is_null() ? std::string() : code_config(variant.model.config).dump();
  };
  for (const Variant& variant : variants) {
    const std::tuple rank(variant.model.download_bytes(), variant.model.facts.repo);
    const auto [place, fresh] = rank_of.try_emplace(config_text(variant), rank);
    if (!fresh) place->second = std::min(place->second, rank);
  }
  const auto key = [&](const Variant& variant) {
    const std::string text = config_text(variant);
    return std::tuple(text.empty(), rank_of.at(text), text, ease(variant));
  };
  std::ranges::sort(variants, [&](const Variant& one, const Variant& other) { return key(one) < key(other); });
}

std::vector<ConfigGroup> groups_of(std::vector<Variant>& variants) {
  std::vector<ConfigGroup> groups;
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (variants[i].model.config.is_null()) continue;
    const auto [place, fresh] = known.try_emplace(code_config(variants[i].model.config).dump(), groups.size());
    if (fresh) groups.push_back({letter(groups.size()), {}, {}});
    groups[place->second].variants.push_back(i);
    variants[i].config = groups[place->second].id;
  }
  return groups;
}

using Features = std::set<std::string>;

std::vector<Features> features_of_groups(const Discovery& discovery) {
  Features keys;
  for (const ConfigGroup& group : discovery.configs)
    keys.merge(keys_of(discovery.variants[group.variants.front()].model.config));
  std::vector<Features> features;
  features.reserve(discovery.configs.size());
  for (const ConfigGroup& group : discovery.configs) {
    features.push_back(features_of(discovery.variants[group.variants.front()].model.config, keys));
  }
  return features;
}

// What all have says nothing about any.
void drop_shared(std::vector<Features>& features) {
  if (features.size() < 2) return;
  Features shared = features.front();
  for (const Features& one : features)
    std::erase_if(shared, [&](const auto& feature) { return !one.contains(feature); });
  for (Features& one : features) std::erase_if(one, [&](const auto& feature) { return shared.contains(feature); });
}

std::size_t easiest(const Discovery& discovery, const ConfigGroup& group) {
  return *std::ranges::min_element(group.variants, {}, [&](std::size_t i) { return ease(discovery.variants[i]); });
}

std::vector<std::string> only_here(const std::vector<Features>& features, const std::vector<std::size_t>& chosen,
                                   std::size_t here) {
  std::vector<std::string> only;
  for (const std::string& feature : features[here]) {
    const bool elsewhere = std::ranges::any_of(
        chosen, [&](std::size_t other) { return other != here && features[other].contains(feature); });
    if (!elsewhere) only.push_back(feature);
  }
  return only;
}

void suggest(Discovery& discovery, const std::vector<Features>& features) {
  std::vector<CoverItem> items;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const Variant& variant = discovery.variants[easiest(discovery, discovery.configs[i])];
    items.push_back({variant.model.download_bytes(), features[i]});
  }
  Cover found = cover(items);
  // Configs that differ in sizes alone: the smallest stands for all.
  if (found.chosen.empty() && !items.empty()) {
    const auto least = std::ranges::min_element(items, {}, &CoverItem::cost);
    found = {{static_cast<std::size_t>(least - items.begin())}, true};
  }
  for (const std::size_t i : found.chosen) {
    discovery.suggested.push_back({easiest(discovery, discovery.configs[i]), only_here(features, found.chosen, i)});
  }
  discovery.smallest = found.smallest;
}

}  // namespace

void group_by_config(Discovery& discovery) {
  order_by_config(discovery.variants);
  discovery.configs = groups_of(discovery.variants);
  std::vector<Features> features = features_of_groups(discovery);
  drop_shared(features);
  for (std::size_t i = 0; i < features.size(); ++i) {
    discovery.configs[i].differs.assign(features[i].begin(), features[i].end());
  }
  suggest(discovery, features);
}

}  // namespace portwright::hub
