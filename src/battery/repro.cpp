#include "battery/repro.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/files.hpp"
#include "battery/culprit_line.hpp"
#include "battery/generations.hpp"
#include "battery/repro_scripts.hpp"

namespace portwright::battery {
namespace {

using diagnose::Alignment;
using diagnose::Call;
using diagnose::Pair;
using results::CheckRecord;

// A script, what it prints in words, what it imports, and what its input.json holds beside the common keys.
struct Script {
  std::string prints;
  std::string imports;
  std::string text;
  Json input = Json::object();
  Json number = Json();  // what it prints, where the record does not have it yet
};

constexpr const char* both_sides = ", numpy as np, torch, transformers";

std::string classes_of_port(const Context& context) {
  const bool installed = context.session.port_plan().port_file.empty();
  return std::string(installed ? script_installed_classes : script_given_classes);
}

std::string port_of(const Context& context) { return classes_of_port(context) + std::string(script_port); }

// ["reference's path", "port's path", "the port's method"]
Json watched(const std::string& reference, const std::string& port) {
  const std::string owner = diagnose::owner_of(port);
  return Json::array({reference, owner, owner == port ? "__call__" : "as_linear"});
}

std::optional<Script> logits_script(Context& context, const CheckRecord& /*record*/) {
  return Script{"the relative L2 of the port's logits in float32", both_sides,
                port_of(context) + std::string(script_float32) + std::string(script_logits)};
}

// The call that made an array: a module makes its output, its caller its input and what its functions make.
const Call* maker_of(const std::vector<Call>& calls, const std::string& point) {
  const bool is_output = point.ends_with(":out") && diagnose::function_of(diagnose::path_of(point)).empty();
  const std::string name = point.substr(0, point.rfind(':'));
  const auto named = [&](const std::string& wanted) {
    const auto found = std::ranges::find_if(calls, [&](const Call& call) { return call.name() == wanted; });
    return found == calls.end() ? nullptr : &*found;
  };
  const Call* call = named(name);
  return call == nullptr || is_output ? call : named(call->parent);
}

// A script cannot watch a function: where the module hands on what it made of it.
std::string seen_by_modules(const std::vector<Call>& calls, const Alignment& alignment, const std::string& point,
                            const Call& maker) {
  if (diagnose::function_of(diagnose::path_of(point)).empty()) return point;
  bool after = false;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Call& call = calls[i];
    const Pair* pair = alignment.of_reference(i);
    if (diagnose::is_routing(call) && point.starts_with(call.name() + ":")) break;  // shows in what the block makes
    const bool child = call.parent == maker.name() && diagnose::function_of(call.path).empty();
    if (after && child && pair != nullptr && pair->in) return call.name() + ":in";
    after = after || point.starts_with(call.name() + ":");
  }
  return maker.name() + ":out";
}

// The culprit gets the reference's input, and the modules it calls get and hand on what the reference's do, as in the
// forced forward of the check.
std::optional<Script> modules_script(Context& context, const CheckRecord& record) {
  const auto alignment = context.parity.alignment();
  const auto truth = context.parity.truth();
  const auto port = context.parity.port_trace();
  const Json findings = record.measured.value("findings", Json::array());
  if (!alignment || !truth || !port || findings.empty()) return std::nullopt;
  const std::string worst_at = findings.front().value("worst_at", "");
  const std::vector<Call>& calls = (*truth)->trace().calls;
  const Call* maker = maker_of(calls, worst_at);
  if (maker == nullptr) return std::nullopt;
  const std::string at = seen_by_modules(calls, **alignment, worst_at, *maker);

  const auto elsewhere = record.measured.value("boundary_drawn_elsewhere", std::set<std::string>{});
  Script script{"the relative L2 of the port at " + at, both_sides,
                port_of(context) + std::string(script_float32) + std::string(script_modules)};
  script.input = {{"modules", Json::array()}, {"replaced", Json::array()}};
  for (const Pair& pair : (*alignment)->pairs) {
    const Call& call = calls[pair.reference];
    const bool is_maker = call.name() == maker->name();
    if (!diagnose::function_of(call.path).empty()) continue;
    if (!is_maker && call.parent != maker->name()) continue;
    // A module that is called twice needs more than forty lines.
    if (call.index != 0 || (*port)->calls[pair.port].index != 0) return std::nullopt;
    script.input["modules"].push_back(watched(call.path, (*port)->calls[pair.port].path));
    if (pair.in) script.input["replaced"].push_back(call.path + ":in");
    if (pair.out && !is_maker && !elsewhere.contains(call.path)) script.input["replaced"].push_back(call.path + ":out");
  }
  if (at != worst_at) {
    const auto error = context.parity.error_with_modules_forced(at);
    if (!error) return std::nullopt;
    script.number = {{"at", at}, {"relative_l2", *error}};
  }
  std::string path = at;
  script.input["at"] = path.erase(at.rfind("#0:"), 2);
  return script;
}

std::optional<Script> dtype_script(Context& context, const CheckRecord& record) {
  Script script{"the dtype of the logits, and what goes in and out of the modules in question", "",
                port_of(context) + std::string(script_dtype)};
  script.input["modules"] = Json::array();
  const auto port = context.parity.port_trace();
  if (!port || !record.culprit) return script;
  const std::string culprit = context.parity.port_path(in_layer(record.culprit->module, record.culprit->layers));
  for (const Call& call : (*port)->calls) {
    if (call.index != 0 || (call.path != culprit && call.parent != culprit + "#0")) continue;
    script.input["modules"].push_back(watched("", call.path));
  }
  return script;
}

// Quantized checkpoints are loaded in more steps than names can tell.
std::optional<Script> names_script(Context& context, const CheckRecord& record) {
  const Json& config = context.subject.checkpoint.config;
  if (config.contains("quantization") || config.contains("quantization_config")) return std::nullopt;
  Script script{"the parameters that no tensor fits, the tensors that fit no parameter, and those without effect", "",
                classes_of_port(context) + std::string(script_names)};
  script.input["dropped"] = record.measured.value("dropped_but_used_by_the_reference", Json::array());
  return script;
}

std::optional<Script> rope_script(Context& context, const CheckRecord& record) {
  const Json shown = record.measured.value("shown_by", Json());
  if (!shown.is_object()) return std::nullopt;
  Script script{"the largest angle in radians between the two position embeddings, each called alone", both_sides,
                port_of(context) + std::string(script_float32) + std::string(script_rope)};
  script.input = shown;
  return script;
}

std::optional<Script> tokens_script(Context& context, const CheckRecord& record) {
  const auto texts = read_json(context.subject.prompts / "tokens.json");
  if (!texts || record.measured.value("different_texts", 0) == 0) return std::nullopt;
  Script script{"for how many texts the two tokenizers give different ids", ", transformers",
                std::string(script_tokens)};
  script.input["texts"] = *texts;
  return script;
}

// What only a saved checkpoint shows, in-memory quantization does not.
std::optional<Script> quantized_script(Context& context, const CheckRecord& record) {
  if (record.measured.at("strict_error").is_string()) return std::nullopt;
  Script script{"how far the quantized port is from itself, and the dtype of its logits", ", numpy as np",
                port_of(context) + std::string(script_quantized)};
  script.input = {{"bits", record.measured.at("bits")}, {"group_size", record.measured.at("group_size")}};
  return script;
}

std::optional<Script> choices_script(Context& context, const CheckRecord& record) {
  const auto reference = context.generations->reference();
  if (!reference) return std::nullopt;
  const auto steps = record.measured.at("tokens").get<std::ptrdiff_t>();
  Script script{"at how many steps of the reference's greedy text the port would choose another token", ", numpy as np",
                port_of(context) + std::string(script_choices)};
  script.input["reference_ids"] = std::vector<int>((*reference)->ids.begin(), (*reference)->ids.begin() + steps);
  return script;
}

std::optional<Script> perplexity_script(Context& context, const CheckRecord& /*record*/) {
  const auto reference = context.generations->reference();
  const auto port = context.generations->port();
  if (!reference || !port) return std::nullopt;
  Script script{"the perplexity of the port's greedy text under the reference over that of the reference's own",
                both_sides, port_of(context) + std::string(script_float32) + std::string(script_perplexity)};
  script.input = {{"reference_ids", (*reference)->ids}, {"port_ids", (*port)->ids}};
  return script;
}

std::optional<Script> raising_script(Context& context, const CheckRecord& record) {
  Script script{"what the port raises", "", port_of(context)};
  if (record.id != "load") script.text += script_forward;
  return script;
}

struct Recipe {
  std::string_view check;
  std::optional<Script> (*script)(Context&, const CheckRecord&);
};
constexpr std::array recipes{Recipe{"load", names_script},
                             Recipe{"tokens", tokens_script},
                             Recipe{"parity.logits", logits_script},
                             Recipe{"parity.modules", modules_script},
                             Recipe{"rope.sweep", rope_script},
                             Recipe{"dtype", dtype_script},
                             Recipe{"behaviour.greedy", choices_script},
                             Recipe{"behaviour.long", perplexity_script},
                             Recipe{"quant.4bit", quantized_script}};

std::optional<Script> script_for(Context& context, const CheckRecord& record) {
  if (record.measured.value("kind", "") == "port") return raising_script(context, record);
  const auto* const recipe = std::ranges::find(recipes, record.id, &Recipe::check);
  return recipe == recipes.end() ? std::nullopt : recipe->script(context, record);
}

std::string head_of(const Script& script, const CheckRecord& record) {
  std::string head(script_head);
  const std::pair<std::string_view, std::string> values[] = {{"@check@", record.id},
                                                             {"@variant@", record.variant},
                                                             {"@prints@", script.prints},
                                                             {"@imports@", script.imports}};
  for (const auto& [name, value] : values) {
    if (const std::size_t at = head.find(name); at != std::string::npos) head.replace(at, name.size(), value);
  }
  return head;
}

}  // namespace

void write_repro(Context& context, CheckRecord& record) {
  const Subject& subject = context.subject;
  if (record.verdict != results::Verdict::fail || subject.run_folder.empty()) return;
  auto script = script_for(context, record);
  if (!script) return;
  Json input{{"folder", std::filesystem::absolute(subject.checkpoint.folder).string()},
             {"model_type", subject.checkpoint.model_type},
             {"trust_remote_code", context.session.port_plan().trust_remote_code},
             {"ids", context.parity.prompt()}};
  const std::filesystem::path& port_file = context.session.port_plan().port_file;
  if (!port_file.empty()) input["port_file"] = std::filesystem::absolute(port_file).string();
  input.update(script->input);

  std::filesystem::path folder = std::filesystem::path("evidence") / record.id;
  if (subject.has_siblings) folder /= subject.variant;
  // Where it cannot be written, neither can the record, which says so.
  if (!write_file(subject.run_folder / folder / "input.json", input.dump() + "\n")) return;
  if (!write_file(subject.run_folder / folder / "repro.py", head_of(*script, record) + script->text)) return;
  if (!script->number.is_null()) record.measured["repro"] = script->number;
  record.evidence.push_back((folder / "repro.py").string());
  record.evidence.push_back((folder / "input.json").string());
}

}  // namespace portwright::battery
