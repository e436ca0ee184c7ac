#include "battery/culprit_line.hpp"

#include <algorithm>
#include <set>

#include "source/port_line.hpp"

namespace portwright::battery {
namespace {

using results::Culprit;

source::Classes classes_of(const Json& loaded) {
  source::Classes classes;
  for (const Json& module : loaded.value("modules", Json::array())) {
    classes[module.value("path", "")] = module.value("class", "");
  }
  return classes;
}

// The port's modules that are wrong by their own code, weight or config, where the check has looked at all of them.
std::set<std::string> wrong_modules(const Parity& parity, const results::CheckRecord& record) {
  std::set<std::string> wrong;
  for (const Json& finding : record.measured.value("findings", Json::array())) {
    const std::string module = finding.value("module", "");
    const auto layers = finding.value("layers", std::vector<int>{});
    if (layers.empty()) wrong.insert(parity.port_path(module));
    for (const int layer : layers) wrong.insert(parity.port_path(in_layer(module, {layer})));
  }
  return wrong;
}

bool is_whole_class(const source::Classes& classes, const std::string& module, const std::set<std::string>& wrong) {
  const auto type = classes.find(module);
  return type != classes.end() && std::ranges::all_of(classes, [&](const auto& other) {
           return other.second != type->second || wrong.contains(other.first);
         });
}

// Where the culprit was seen first: "model.layers.*.mlp:in"; empty where the check has not looked at modules.
std::string seen_at(const results::CheckRecord& record) {
  const Json findings = record.measured.value("findings", Json::array());
  if (findings.empty() || findings.front().value("module", "") != record.culprit->module) return {};
  return findings.front().value("seen_at", "");
}

// A mask is made by the module that holds the layers, and handed to each: "model" of "model.layers.0.self_attn".
std::string holder_of_layers(const std::string& starred_path) {
  const std::size_t list = starred_path.substr(0, starred_path.find(".*")).rfind('.');
  return list == std::string::npos ? std::string(diagnose::root_path) : starred_path.substr(0, list);
}

}  // namespace

std::string in_layer(std::string starred, const std::vector<int>& layers) {
  const std::size_t star = starred.find('*');
  if (star != std::string::npos && !layers.empty()) starred.replace(star, 1, std::to_string(layers.front()));
  return starred;
}

void say_port_line(const Context& context, results::CheckRecord& record) {
  const Json* loaded = context.session.load_answer(probe::Side::port);
  if (!record.culprit || record.culprit->port_line || loaded == nullptr) return;
  Culprit& culprit = *record.culprit;
  const Json greeting = context.session.workers().last_greeting(probe::Side::port);
  const std::string package = greeting.is_object() ? greeting.value("/paths/mlx_lm"_json_pointer, "") : "";

  const source::Classes classes = classes_of(*loaded);
  source::Blame blame;
  // The load knows the port's own name before anything was aligned.
  blame.module = record.measured.value("port_module", "");
  if (blame.module.empty()) blame.module = context.parity.port_path(in_layer(culprit.module, culprit.layers));
  blame.function = culprit.function;
  const std::string seen = seen_at(record);
  blame.wrong_output = seen == culprit.module + ":out";
  if (seen.ends_with(":in") && diagnose::function_of(diagnose::path_of(seen)).empty()) {
    blame.wrong_input_of = context.parity.port_path(in_layer(seen.substr(0, seen.rfind(':')), culprit.layers));
  }
  blame.whole_class = is_whole_class(classes, blame.module, wrong_modules(context.parity, record));
  const source::PortFiles files{loaded->value("file", ""), package.empty() ? "" : package + "/models"};
  if (culprit.function == "mask") {
    blame = {};
    blame.module = context.parity.port_path(holder_of_layers(culprit.module));
    blame.function = culprit.function;
  }
  if (const auto line = port_line(files, classes, blame)) culprit.port_line = line->text();
}

}  // namespace portwright::battery
