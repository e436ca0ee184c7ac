#include "results/run_record.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "results/json_values.hpp"

namespace portwright::results {
namespace {

constexpr std::string_view schema = "portwright.run/1";

// What no run can do without. Where a checkpoint has no tokenizer, there is nothing that "tokens" could compare.
constexpr std::array<std::string_view, 5> required{"load", "tokens", "parity.logits", "parity.modules", "dtype"};

Json to_json(const VariantRecord& variant) {
  Json json{{"id", variant.id},
            {"model", variant.model},
            {"revision", variant.revision},
            {"model_type", variant.model_type},
            {"dtype", variant.dtype},
            {"dtype_source", variant.dtype_source},
            {"verdict", name(variant.verdict)}};
  if (variant.has_chat_template) json["has_chat_template"] = *variant.has_chat_template;
  if (!variant.weights_bytes.is_null()) json["weights_bytes"] = variant.weights_bytes;
  return json;
}

VariantRecord variant_from(const Json& json) {
  VariantRecord variant{.id = json.at("id").get<std::string>(),
                        .model = json.at("model").get<std::string>(),
                        .revision = json.value("revision", ""),
                        .model_type = json.value("model_type", ""),
                        .dtype = json.value("dtype", ""),
                        .dtype_source = json.value("dtype_source", ""),
                        .verdict = verdict_at(json, "verdict"),
                        .has_chat_template = {},
                        .weights_bytes = json.value("weights_bytes", Json())};
  if (json.contains("has_chat_template")) variant.has_chat_template = json.at("has_chat_template").get<bool>();
  return variant;
}

bool was_compared(const std::vector<CheckRecord>& checks, const std::string& variant, std::string_view id) {
  return std::ranges::any_of(checks, [&](const CheckRecord& check) {
    return check.variant == variant && check.id == id && check.verdict != Verdict::not_compared;
  });
}

bool all_required_were_compared(const std::vector<CheckRecord>& checks, bool has_tokenizer) {
  std::set<std::string> variants;
  for (const CheckRecord& check : checks) variants.insert(check.variant);
  if (variants.empty()) return false;
  return std::ranges::all_of(variants, [&](const std::string& variant) {
    return std::ranges::all_of(required, [&](std::string_view id) {
      return (id == "tokens" && !has_tokenizer) || was_compared(checks, variant, id);
    });
  });
}

}  // namespace

Json to_json(const RunRecord& run) {
  Json variants = Json::array();
  for (const VariantRecord& variant : run.variants) variants.push_back(to_json(variant));
  Json checks = Json::array();
  for (const CheckRecord& check : run.checks) checks.push_back(to_json(check));
  return {{"schema", schema},
          {"verdict", name(run.verdict)},
          {"sentence", run.sentence},
          {"started", run.started},
          {"seconds", run.seconds},
          {"partial", run.partial},
          {"variants", std::move(variants)},
          {"port", run.port},
          {"environment", run.environment},
          {"settings", run.settings},
          {"checks", std::move(checks)}};
}

RunRecord run_record_from(const Json& json) {
  const std::string written_as = json.at("schema").get<std::string>();
  if (written_as != schema) wrong_shape("it is written as '" + written_as + "', this program reads portwright.run/1");
  RunRecord run;
  run.verdict = verdict_at(json, "verdict");
  run.sentence = json.at("sentence").get<std::string>();
  run.started = json.at("started").get<std::string>();
  run.seconds = json.at("seconds").get<double>();
  run.partial = json.value("partial", false);
  for (const Json& variant : array_at(json, "variants")) run.variants.push_back(variant_from(variant));
  run.port = object_at(json, "port");
  run.environment = object_at(json, "environment");
  run.settings = object_at(json, "settings");
  for (const Json& check : array_at(json, "checks")) run.checks.push_back(check_record_from(check));
  return run;
}

Verdict worst(const std::vector<Verdict>& verdicts) {
  // From worst to best; a verdict that was not compared says nothing against another.
  for (const Verdict verdict : {Verdict::fail, Verdict::error, Verdict::inconclusive, Verdict::pass}) {
    if (std::ranges::find(verdicts, verdict) != verdicts.end()) return verdict;
  }
  return Verdict::not_compared;
}

Verdict verdict_of(const std::vector<CheckRecord>& checks, bool has_tokenizer) {
  std::vector<Verdict> gating;
  for (const CheckRecord& check : checks) {
    if (check.gates) gating.push_back(check.verdict);
  }
  if (!all_required_were_compared(checks, has_tokenizer)) gating.push_back(Verdict::inconclusive);
  return worst(gating);
}

}  // namespace portwright::results
