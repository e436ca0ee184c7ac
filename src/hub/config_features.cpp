#include "hub/config_features.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

namespace portwright::hub {
namespace {

constexpr int deepest = 6;  // a config of transformers nests three deep

// Neither library's inference branches on these.
constexpr std::array<std::string_view, 26> no_switches{"_name_or_path",
                                                       "transformers_version",
                                                       "architectures",
                                                       "auto_map",
                                                       "torch_dtype",
                                                       "dtype",
                                                       "model_type",
                                                       "bos_token_id",
                                                       "eos_token_id",
                                                       "pad_token_id",
                                                       "sep_token_id",
                                                       "unk_token_id",
                                                       "decoder_start_token_id",
                                                       "use_cache",
                                                       "initializer_range",
                                                       "_attn_implementation",
                                                       "_attn_implementation_autoset",
                                                       "output_attentions",
                                                       "output_hidden_states",
                                                       "return_dict",
                                                       "is_decoder",
                                                       "pretraining_tp",
                                                       "id2label",
                                                       "label2id",
                                                       "task_specific_params",
                                                       "tokenizer_class"};

bool switches_nothing(std::string_view key) {
  return std::ranges::find(no_switches, key) != no_switches.end() || key.ends_with("_dropout") ||
         key.ends_with("_pdrop") || key.ends_with("_dropout_prob") || key.ends_with("_loss_coef") ||
         key.starts_with("initializer_");
}

Json sorted_without(const Json& value, int depth) {
  if (!value.is_object() || depth > deepest) return value;
  std::map<std::string, const Json*> members;
  for (const auto& [key, member] : value.items()) {
    if (!switches_nothing(key)) members[key] = &member;
  }
  Json result = Json::object();
  for (const auto& [key, member] : members) result[key] = sorted_without(*member, depth + 1);
  return result;
}

using Flat = std::map<std::string, const Json*>;

void flatten(const Json& value, const std::string& path, int depth, Flat& into) {
  if (!value.is_object() || value.empty() || depth > deepest) {
    into[path] = &value;
    return;
  }
  for (const auto& [key, member] : value.items()) {
    if (!switches_nothing(key)) flatten(member, path.empty() ? key : path + "." + key, depth + 1, into);
  }
}

Flat flat(const Json& config) {
  Flat found;
  if (config.is_object() && !config.empty()) flatten(config, "", 0, found);
  return found;
}

std::string kind_of_list(const Json& list) {
  std::set<std::string> words;
  for (const Json& item : list) {
    if (item.is_string()) words.insert(item.get<std::string>());
  }
  if (list.empty()) return "an empty list";
  if (words.empty()) return "a list";
  return fmt::format("{}", fmt::join(words, " and "));
}

std::string kind_of(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) return kind_of_list(value);
  if (value.is_object()) return "an empty object";
  return value.get<double>() == 0 ? "zero" : "a number";
}

std::optional<double> number_at(const Json& config, const char* key) {
  if (!config.is_object() || !config.contains(key) || !config.at(key).is_number()) return std::nullopt;
  return config.at(key).get<double>();
}

// Sizes that implementations compare with one another.
struct Relation {
  std::string_view less, equal, more;  // what is said of left < right, left = right, left > right
  std::optional<double> (*left)(const Json& config);
  std::optional<double> (*right)(const Json& config);
};

std::optional<double> key_heads(const Json& config) { return number_at(config, "num_key_value_heads"); }
std::optional<double> heads(const Json& config) { return number_at(config, "num_attention_heads"); }
std::optional<double> one(const Json& /*config*/) { return 1; }
std::optional<double> hidden(const Json& config) { return number_at(config, "hidden_size"); }
std::optional<double> window(const Json& config) { return number_at(config, "sliding_window"); }
std::optional<double> positions(const Json& config) { return number_at(config, "max_position_embeddings"); }
std::optional<double> width_of_all_heads(const Json& config) {
  const auto width = number_at(config, "head_dim");
  const auto count = heads(config);
  if (!width || !count) return std::nullopt;
  return *width * *count;
}

constexpr std::array relations{
    Relation{"num_key_value_heads < num_attention_heads", "num_key_value_heads = num_attention_heads",
             "num_key_value_heads > num_attention_heads", key_heads, heads},
    Relation{"num_key_value_heads < 1", "num_key_value_heads = 1", "num_key_value_heads > 1", key_heads, one},
    Relation{"head_dim x heads < hidden_size", "head_dim x heads = hidden_size", "head_dim x heads > hidden_size",
             width_of_all_heads, hidden},
    Relation{"sliding_window < max_position_embeddings", "sliding_window = max_position_embeddings",
             "sliding_window > max_position_embeddings", window, positions},
};

}  // namespace

Json code_config(const Json& config) { return sorted_without(config, 0); }

std::set<std::string> keys_of(const Json& config) {
  std::set<std::string> keys;
  for (const auto& [key, value] : flat(config)) keys.insert(key);
  return keys;
}

std::set<std::string> features_of(const Json& config, const std::set<std::string>& all_keys) {
  std::set<std::string> features;
  const Flat found = flat(config);
  for (const auto& [key, value] : found) features.insert(key + " " + kind_of(*value));
  for (const std::string& key : all_keys) {
    // Of a block that is null or has other members, its own kind says enough.
    const bool inside = key.find('.') != std::string::npos;
    if (!inside && !found.contains(key) && !(config.contains(key) && config.at(key).is_object())) {
      features.insert(key + " not set");
    }
  }
  for (const Relation& relation : relations) {
    const auto left = relation.left(config);
    const auto right = relation.right(config);
    if (!left || !right) continue;
    features.emplace(*left < *right ? relation.less : *left > *right ? relation.more : relation.equal);
  }
  return features;
}

}  // namespace portwright::hub
