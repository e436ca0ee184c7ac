#include "inspect/specials.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace portwright::inspect {
namespace {

// "<s>", or {"content": "<s>", …}.
std::string token_text(const Json& settings, std::string_view key) {
  const Json* value = member(settings, key);
  if (value == nullptr) return "";
  return value->is_string() ? value->get<std::string>() : string_member(*value, "content");
}

std::string text_of(const StoredModel& model, std::string_view key) {
  const std::string text = token_text(model.tokenizer_config, key);
  return text.empty() ? token_text(model.special_tokens, key) : text;
}

std::string text_of_id(const StoredModel& model, std::int64_t id) {
  const Json* added = member(model.tokenizer_config, "added_tokens_decoder");
  return added == nullptr ? "" : token_text(*added, std::to_string(id));
}

std::optional<std::int64_t> id_of_text(const StoredModel& model, const std::string& text) {
  const Json* added = member(model.tokenizer_config, "added_tokens_decoder");
  if (added == nullptr || !added->is_object() || text.empty()) return std::nullopt;
  for (const auto& [id, token] : added->items()) {
    const bool number =
        !id.empty() && id.size() < 10 && std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
    if (number && string_member(token, "content") == text) return std::stoll(id);
  }
  return std::nullopt;
}

// One id, or a list of them.
std::vector<std::int64_t> ids_in(const Json* value) {
  std::vector<std::int64_t> ids;
  if (value == nullptr) return ids;
  const auto add = [&](const Json& one) {
    if (one.is_number_integer() && one >= 0 && one <= 1'000'000'000) ids.push_back(one.get<std::int64_t>());
  };
  if (value->is_array()) {
    for (const Json& one : *value) add(one);
  } else {
    add(*value);
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

struct Ids {
  std::vector<std::int64_t> ids;
  std::string where;
};
// As generation reads them: its own config first.
Ids ids_of(const ConfigView& config, const StoredModel& model, const std::string& key) {
  if (auto ids = ids_in(member(model.generation_config, key)); !ids.empty()) return {ids, "generation_config." + key};
  const Found said = config.find({key});
  return {ids_in(said.value), said ? said.where : ""};
}

std::vector<SpecialToken> tokens_of(const ConfigView& config, const StoredModel& model, const std::string& name) {
  const Ids ids = ids_of(config, model, name + "_id");
  const std::string named = text_of(model, name);
  std::vector<SpecialToken> tokens;
  for (const std::int64_t id : ids.ids) {
    std::string text = text_of_id(model, id);
    if (text.empty() && ids.ids.size() == 1 && !id_of_text(model, named)) text = named;
    tokens.push_back({id, text, ids.where});
  }
  if (tokens.empty() && !named.empty()) {
    const auto id = id_of_text(model, named);
    tokens.push_back({id, named, "tokenizer_config." + name});
  }
  return tokens;
}

// The tokenizer's own end is one of the ends, and config.json names none that generation does not know.
std::string disagreement_of(const ConfigView& config, const StoredModel& model, const Specials& specials) {
  const auto is_end = [&](std::int64_t id) {
    return std::ranges::any_of(specials.eos, [&](const SpecialToken& token) { return token.id == id; });
  };
  const std::vector<std::int64_t> by_config = ids_in(config.find({"eos_token_id"}).value);
  const std::vector<std::int64_t> by_generation = ids_in(member(model.generation_config, "eos_token_id"));
  if (!by_config.empty() && !by_generation.empty() && by_config != by_generation) {
    return fmt::format("config says eos {}, generation_config {}", fmt::join(by_config, ", "),
                       fmt::join(by_generation, ", "));
  }
  const std::string named = text_of(model, "eos_token");
  if (const auto id = id_of_text(model, named); id && !specials.eos.empty() && !is_end(*id)) {
    return fmt::format("the tokenizer's eos {} ({}) is none of them", named, *id);
  }
  return "";
}

}  // namespace

Specials specials(const ConfigView& config, const StoredModel& model) {
  Specials result;
  result.tokenizer_class = string_member(model.tokenizer_config, "tokenizer_class");
  result.files = model.tokenizer_files;
  if (auto bos = tokens_of(config, model, "bos_token"); !bos.empty()) result.bos = bos.front();
  result.eos = tokens_of(config, model, "eos_token");
  if (auto pad = tokens_of(config, model, "pad_token"); !pad.empty()) result.pad = pad.front();
  const Json* adds = member(model.tokenizer_config, "add_bos_token");
  if (adds != nullptr && adds->is_boolean()) result.adds_bos = adds->get<bool>();
  result.disagreement = disagreement_of(config, model, result);
  return result;
}

}  // namespace portwright::inspect
