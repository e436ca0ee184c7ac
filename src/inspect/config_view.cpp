#include "inspect/config_view.hpp"

#include <array>
#include <cmath>
#include <vector>

namespace portwright::inspect {
namespace {

// Where published configs of models with several towers keep the text model, outermost key first.
constexpr std::array<std::array<std::string_view, 2>, 5> text_places{{{"text_config", ""},
                                                                      {"thinker_config", "text_config"},
                                                                      {"llm_config", ""},
                                                                      {"language_config", ""},
                                                                      {"lm_config", ""}}};

std::optional<Found> in(const Json& object, std::string_view key, const std::string& where) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  return Found{found->is_null() ? nullptr : &*found, where};
}

std::optional<double> finite(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<double>();
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

const Json* member(const Json& object, std::string_view key) {
  const auto found = in(object, key, "");
  return found ? found->value : nullptr;
}

std::string string_member(const Json& object, std::string_view key) {
  const Json* value = member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::optional<double> number_member(const Json& object, std::string_view key) {
  const Json* value = member(object, key);
  return value == nullptr ? std::nullopt : finite(*value);
}

TextPart text_part(const Json& config) {
  for (const auto& keys : text_places) {
    const Json* at = &config;
    std::string path = "config";
    for (const std::string_view key : keys) {
      if (key.empty() || at == nullptr) continue;
      at = member(*at, key);
      path.append(".").append(key);
    }
    if (at != nullptr && at->is_object()) return {at, path};
  }
  return {&config, "config"};
}

ConfigView::ConfigView(const Json& config, const ClassDefaults& text_defaults, const ClassDefaults& whole_defaults)
    : whole_(config), text_(text_part(config)), text_defaults_(text_defaults), whole_defaults_(whole_defaults) {}

std::optional<Found> ConfigView::said(std::string_view key, bool with_defaults) const {
  const std::string name(key);
  std::vector<std::string> names{name};
  if (const std::string own = string_member(text_defaults_.aliases, key); !own.empty()) names.push_back(own);
  for (const std::string& one : names) {
    if (auto found = in(*text_.config, one, text_.path + "." + one)) return found;
    if (!text_.is_nested()) continue;
    if (auto found = in(whole_, one, "config." + one)) return found;
  }
  if (!with_defaults) return std::nullopt;
  for (const std::string& one : names) {
    if (auto found = in(text_defaults_.values, one, "class default")) return found;
    if (auto found = in(whole_defaults_.values, one, "class default")) return found;
  }
  return std::nullopt;
}

Found ConfigView::first(const Keys& keys, bool with_defaults) const {
  for (const bool defaults : {false, true}) {
    if (defaults && !with_defaults) break;
    for (const std::string_view key : keys) {
      const auto found = said(key, defaults);
      // What a class leaves empty says nothing about the key's other names.
      if (found && (!defaults || *found)) return *found;
    }
  }
  return {};
}

Found ConfigView::find(const Keys& keys) const { return first(keys, true); }

Found ConfigView::written(const Keys& keys) const { return first(keys, false); }

std::optional<double> ConfigView::number(const Keys& keys) const {
  const Found found = find(keys);
  return found ? finite(*found.value) : std::nullopt;
}

std::optional<std::uint64_t> ConfigView::count(const Keys& keys) const {
  constexpr double most = 1e12;
  const auto value = number(keys);
  if (!value || *value < 1 || *value > most) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

bool ConfigView::flag(std::string_view key) const {
  const Found found = find({key});
  return found && found.value->is_boolean() && found.value->get<bool>();
}

std::optional<std::uint64_t> ConfigView::layers() const {
  constexpr std::uint64_t most = 10'000;
  const auto layers = count({"num_hidden_layers", "n_layer", "n_layers", "num_layers"});
  return layers && *layers <= most ? layers : std::nullopt;
}

}  // namespace portwright::inspect
