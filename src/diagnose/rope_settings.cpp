#include "diagnose/rope_settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <utility>

namespace portwright::diagnose {
namespace {

using Frequencies = std::vector<double>;

std::optional<double> number_at(const Json& object, std::string_view key) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

Frequencies powers(double theta, int rotated, int exponent) {
  Frequencies frequencies;
  for (int i = 0; i < rotated / 2; ++i) frequencies.push_back(std::pow(theta, -2.0 * i / exponent));
  return frequencies;
}

Frequencies linear(const RopeSettings& settings, Frequencies frequencies) {
  for (double& frequency : frequencies) frequency /= settings.number("factor").value_or(1);
  return frequencies;
}

Frequencies dynamic(const RopeSettings& settings, double context) {
  const double factor = settings.number("factor").value_or(1);
  const double stretched = factor * std::max(context, settings.longest) / settings.longest - (factor - 1);
  const double theta = settings.theta * std::pow(stretched, settings.rotated / (settings.rotated - 2.0));
  return powers(theta, settings.rotated, settings.exponent);
}

Frequencies llama3(const RopeSettings& settings, Frequencies frequencies) {
  const double factor = settings.number("factor").value_or(1);
  const double low = settings.number("low_freq_factor").value_or(1);
  const double high = settings.number("high_freq_factor").value_or(4);
  const double original = settings.original_context();
  for (double& frequency : frequencies) {
    const double turns = original * frequency / (2 * std::numbers::pi);
    const double kept = std::clamp((turns - low) / (high - low), 0.0, 1.0);
    frequency = (1 - kept) * frequency / factor + kept * frequency;
  }
  return frequencies;
}

Frequencies yarn(const RopeSettings& settings, Frequencies frequencies) {
  const double factor = settings.number("factor").value_or(settings.longest / settings.original_context());
  const auto dimension_of = [&](double turns) {
    return settings.exponent * std::log(settings.original_context() / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(settings.theta));
  };
  double low = dimension_of(settings.number("beta_fast").value_or(32));
  double high = dimension_of(settings.number("beta_slow").value_or(1));
  if (settings.scaling.value("truncate", true)) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, settings.exponent - 1.0);
  if (low == high) high += 0.001;
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const double scaled = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    frequencies[i] *= scaled / factor + (1 - scaled);
  }
  return frequencies;
}

double yarn_factor(const RopeSettings& settings) {
  const double factor = settings.number("factor").value_or(settings.longest / settings.original_context());
  const auto scale = [&](double by) { return factor <= 1 ? 1.0 : 0.1 * by * std::log(factor) + 1.0; };
  const double all = settings.number("mscale_all_dim").value_or(0);
  const double one = settings.number("mscale").value_or(0);
  return all != 0 && one != 0 ? scale(one) / scale(all) : scale(1);
}

Frequencies longrope(const RopeSettings& settings, double context, Frequencies frequencies) {
  const bool is_long = settings.always_long.value_or(context > settings.original_context());
  const Json& factors = settings.scaling.at(is_long ? "long_factor" : "short_factor");
  for (std::size_t i = 0; i < frequencies.size(); ++i) frequencies[i] /= factors.at(i).get<double>();
  return frequencies;
}

double longrope_factor(const RopeSettings& settings) {
  const double factor = settings.number("factor").value_or(settings.longest / settings.original_context());
  return factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(settings.original_context()));
}

// What a type asks for: the keys without which it says nothing, its frequencies and its attention factor.
struct Type {
  std::string_view name;
  std::vector<std::string_view> needs;
  std::function<Frequencies(const RopeSettings&, double context)> frequencies;
  std::function<double(const RopeSettings&)> factor = [](const RopeSettings&) { return 1.0; };
};

const std::vector<Type>& types() {
  const auto plain = [](const RopeSettings& s) { return powers(s.theta, s.rotated, s.exponent); };
  static const std::vector<Type> table{
      {"default", {}, [=](const RopeSettings& s, double) { return plain(s); }},
      {"none", {}, [](const RopeSettings&, double) { return Frequencies{}; }},
      {"linear", {"factor"}, [=](const RopeSettings& s, double) { return linear(s, plain(s)); }},
      {"proportional", {}, [=](const RopeSettings& s, double) { return linear(s, plain(s)); }},
      {"dynamic", {"factor"}, [](const RopeSettings& s, double context) { return dynamic(s, context); }},
      {"llama3",
       {"factor", "low_freq_factor", "high_freq_factor"},
       [=](const RopeSettings& s, double) { return llama3(s, plain(s)); }},
      {"yarn", {}, [=](const RopeSettings& s, double) { return yarn(s, plain(s)); }, yarn_factor},
      {"longrope",
       {"long_factor", "short_factor"},
       [=](const RopeSettings& s, double context) { return longrope(s, context, plain(s)); },
       longrope_factor},
  };
  return table;
}

const Type* type_named(std::string_view name) {
  const auto& table = types();
  const auto found = std::find_if(table.begin(), table.end(), [&](const Type& type) { return type.name == name; });
  return found == table.end() ? nullptr : &*found;
}

// Other words for the same types.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> synonyms{{
    {"mrope", "default"},  // on text all three axes hold the same position
    {"su", "longrope"},
    {"deepseek_yarn", "yarn"},
    {"telechat3-yarn", "yarn"},
    {"ntk", "dynamic"},
}};

std::string known_name(std::string name) {
  for (const auto& [word, type] : synonyms) {
    if (name == word) return std::string(type);
  }
  return name;
}

struct Found {
  double value = 0;
  std::string field;
};

std::optional<Found> first_number(const Json& object, const std::vector<std::string>& keys, const std::string& inside) {
  for (const std::string& key : keys) {
    if (const auto value = number_at(object, key)) return Found{*value, inside + key};
  }
  return std::nullopt;
}

// Keys at the top level that hold one kind of layer's theta; such a layer is not scaled.
std::vector<std::string> own_theta_keys(const std::string& layer_type) {
  if (layer_type == "sliding_attention") return {"rope_local_base_freq", "local_rope_theta", "swa_rope_theta"};
  return {};
}

struct Block {
  Json values = Json::object();
  std::string field = "rope_scaling";
};

// The object that holds the settings of this kind of layer: `rope_parameters` or `rope_scaling`, by layer type or not.
Block block_of(const Json& config, const std::string& layer_type) {
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const auto found = config.find(key);
    if (found == config.end() || !found->is_object()) continue;
    const auto nested = found->find(layer_type);
    if (nested != found->end()) return {*nested, std::string(key) + "." + layer_type};
    return {*found, key};
  }
  return {};
}

}  // namespace

std::optional<double> RopeSettings::number(std::string_view key) const { return number_at(scaling, key); }

double RopeSettings::original_context() const {
  if (type == "dynamic") return longest;
  return number("original_max_position_embeddings").value_or(longest);
}

std::int64_t RopeSettings::context_of_slope() const {
  const bool by_length = type == "longrope" || type == "dynamic";
  return by_length ? static_cast<std::int64_t>(original_context()) : std::numeric_limits<std::int64_t>::max();
}

std::optional<RopeSettings> rope_settings(const Json& whole, const std::string& layer_type, int width) {
  Json config = whole;
  if (const auto text = whole.find("text_config"); text != whole.end() && text->is_object()) config.update(*text);

  RopeSettings settings;
  const Block block = block_of(config, layer_type);
  settings.scaling = block.values.is_object() ? block.values : Json::object();
  settings.scaling_field = block.field;
  settings.longest = number_at(config, "max_position_embeddings").value_or(0);
  const auto own = first_number(config, own_theta_keys(layer_type), "");
  const auto inside = first_number(settings.scaling, {"rope_theta"}, block.field + ".");
  const auto shared = first_number(config, {"rope_theta", "global_rope_theta", "rotary_emb_base"}, "");
  const auto& theta = inside ? inside : own ? own : shared;
  if (!theta) return std::nullopt;
  settings.theta = theta->value;
  settings.theta_field = theta->field;
  if (own && !inside) settings.scaling = Json::object();

  for (const char* key : {"type", "rope_type"}) {
    if (settings.scaling.contains(key) && settings.scaling[key].is_string()) {
      settings.type = known_name(settings.scaling[key]);
    }
  }
  // The checkpoints that write both keep the context of the training at the top level.
  if (const auto original = number_at(config, "original_max_position_embeddings")) {
    if (settings.type != "default") settings.scaling["original_max_position_embeddings"] = *original;
  }
  const Type* type = type_named(settings.type);
  if (type == nullptr) return std::nullopt;
  for (const std::string_view key : type->needs) {
    if (!settings.scaling.contains(key)) return std::nullopt;
  }
  if (settings.type != "default" && settings.type != "proportional" && settings.longest == 0) return std::nullopt;
  settings.attention_factor = settings.number("attention_factor");

  settings.width = width;
  settings.rotated = width;
  const auto share_inside = first_number(settings.scaling, {"partial_rotary_factor"}, block.field + ".");
  const auto share =
      share_inside ? share_inside : first_number(config, {"partial_rotary_factor", "rotary_pct", "rope_pct"}, "");
  if (share) {
    const auto heads = number_at(config, "num_attention_heads");
    const auto hidden = number_at(config, "hidden_size");
    // The embedding may be given the turning share of the head alone, and never more than the head: heads of some
    // layers are wider than head_dim.
    const double said = number_at(config, "head_dim").value_or(heads && hidden ? *hidden / *heads : width);
    const double head = std::max<double>(said, width);
    settings.rotated = std::min(width, static_cast<int>(head * share->value) / 2 * 2);
    settings.partial_field = share->field;
  }
  settings.exponent = settings.type == "proportional" ? width : settings.rotated;
  return settings;
}

RopeExpected expected_rope(const RopeSettings& settings, std::int64_t context) {
  const Type* type = type_named(settings.type);
  if (type == nullptr) return {};
  return {type->frequencies(settings, static_cast<double>(context)),
          settings.attention_factor.value_or(type->factor(settings))};
}

}  // namespace portwright::diagnose
