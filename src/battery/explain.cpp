#include "battery/explain.hpp"

#include <algorithm>
#include <regex>

#include "base/files.hpp"
#include "battery/explain_routing.hpp"
#include "battery/explain_weights.hpp"
#include "battery/stored_parameter.hpp"
#include "diagnose/aggregates.hpp"
#include "diagnose/causes.hpp"
#include "diagnose/operand.hpp"

namespace portwright::battery {
namespace {

using diagnose::Call;
using diagnose::Event;
using diagnose::Scene;

bool is_seen_at(const Call& call, bool is_end, const std::string& seen_at) {
  return diagnose::starred(call.path).path + (is_end ? ":out" : ":in") == seen_at;
}

// Where the finding was seen: in its first and its last layer.
std::vector<Event> places_of(const std::vector<Call>& calls, const diagnose::Judged& judged,
                             const diagnose::Finding& finding) {
  std::vector<Event> places;
  for (const Event& event : diagnose::timeline(calls)) {
    if (!is_seen_at(calls[event.call], event.is_end, finding.seen_at)) continue;
    const auto& points = event.is_end ? judged.out : judged.in;
    const auto found = points.find(event.call);
    if (found != points.end() && found->second.level() == diagnose::Level::wrong) places.push_back(event);
  }
  if (places.size() > 2) places = {places.front(), places.back()};
  return places;
}

Asked<std::vector<Scene>> scenes_of(Parity& parity, const Subject& subject, const std::vector<Event>& places,
                                    const diagnose::Judged& judged) {
  const std::vector<Call>& calls = (*parity.truth())->trace().calls;
  auto arrays = parity.port_arrays(places);
  if (!arrays) return tl::unexpected<probe::AskError>(arrays.error());
  std::vector<Scene> scenes;
  for (const Event& event : places) {
    if (diagnose::is_routing(calls[event.call])) continue;  // ones and zeros are no multiple or sum of anything
    const std::string point = calls[event.call].name() + (event.is_end ? ":out" : ":in");
    const auto got = arrays->find(point);
    auto want = parity.reference_array(point);
    if (got == arrays->end() || !want || !same_size(got->second, *want)) continue;
    const double floor = (event.is_end ? judged.out : judged.in).at(event.call).floor;
    scenes.push_back(Scene{event, got->second, std::move(*want), floor, calls,
                           [&parity](const std::string& name) { return parity.reference_array(name); },
                           [&subject](const std::string& name) { return stored_parameter(subject.checkpoint, name); },
                           subject.checkpoint.config});
  }
  return scenes;
}

std::optional<double> share_removed(Parity& parity, const std::string& module) {
  const std::vector<Call>& calls = (*parity.truth())->trace().calls;
  std::vector<std::size_t> made;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (diagnose::starred(calls[i].path).path == module) made.push_back(i);
  }
  const auto free_run = parity.free_run();
  if (!free_run || made.empty() || module == diagnose::root_path) return std::nullopt;
  const auto before = (*free_run)->port.find("logits");
  const auto after = parity.logits_error_given(made);
  if (before == (*free_run)->port.end() || !after || before->second.relative_l2 == 0) return std::nullopt;
  return std::max(0.0, 1 - *after / before->second.relative_l2);
}

// How often the port's source reads an attribute of this name; where it builds a module it only sets it.
std::size_t times_read(const std::string& source, const std::string& attribute) {
  const std::regex uses("\\." + attribute + "\\b(\\s*=[^=])?");
  std::size_t reads = 0;
  for (auto use = std::sregex_iterator(source.begin(), source.end(), uses); use != std::sregex_iterator(); ++use) {
    if ((*use)[1].length() == 0) ++reads;
  }
  return reads;
}

// Whether the port builds the module and neither calls it nor reads it: a function may be given its weights.
bool is_left_aside(const Context& context, const std::string& path) {
  const Json* loaded = context.session.load_answer(probe::Side::port);
  const auto trace = context.parity.port_trace();
  if (loaded == nullptr || !trace) return false;
  const auto is_it = [&](const Json& module) { return module.value("path", "") == path; };
  const Json modules = loaded->value("modules", Json::array());
  if (std::none_of(modules.begin(), modules.end(), is_it)) return false;
  if (std::ranges::any_of((*trace)->calls, [&](const Call& call) { return call.path == path; })) return false;
  const auto source = read_file(loaded->value("file", ""));
  return source && times_read(*source, path.substr(path.rfind('.') + 1)) == 0;
}

// A module below the culprit that owns weights and that the port leaves aside.
std::optional<results::Cause> never_called(Context& context, const diagnose::Finding& finding) {
  for (const Call& call : (*context.parity.truth())->trace().calls) {
    const diagnose::Starred star = diagnose::starred(call.path);
    const bool below = star.path.starts_with(finding.module + ".") && diagnose::function_of(call.path).empty();
    const auto owned = [&](const checkpoint::TensorInfo& tensor) { return tensor.name == call.path + ".weight"; };
    if (!below || std::ranges::none_of(context.subject.checkpoint.tensors, owned)) continue;
    if (!is_left_aside(context, call.path)) continue;
    results::Cause cause;
    cause.name = "module-skipped";
    cause.sentence = "the port never calls " + star.path;
    return cause;
  }
  return std::nullopt;
}

// What explains all places at once; else what explains the first place, and what explains the last: layers of one
// pattern taken for layers of another.
std::vector<results::Cause> causes_of_places(const std::vector<Scene>& scenes) {
  std::vector<results::Cause> causes = diagnose::causes_of(scenes);
  if (!causes.empty() || scenes.size() < 2) return causes;
  for (const Scene& scene : scenes) {
    for (results::Cause& cause : diagnose::causes_of({scene})) {
      const auto layer = diagnose::starred(scene.call().path).layer;
      if (layer) cause.sentence = "layer " + std::to_string(*layer) + ": " + cause.sentence;
      causes.push_back(std::move(cause));
    }
  }
  return causes;
}

// The norm before an operand of attention, where the cause is its own; empty where not.
std::string blamed_norm(const std::vector<Scene>& scenes, const std::vector<results::Cause>& causes) {
  if (scenes.empty() || causes.empty() || causes.front().name != "norm-eps") return "";
  return diagnose::starred(diagnose::norm_of_operand(scenes.front())).path;
}

}  // namespace

Asked<Explanation> explain(Context& context, const diagnose::Finding& finding) {
  Parity& parity = context.parity;
  const auto forced = parity.forced();
  if (!forced) return tl::unexpected<probe::AskError>(forced.error());
  const diagnose::Judged& judged = (*forced)->judged;
  const std::vector<Event> places = places_of((*parity.truth())->trace().calls, judged, finding);
  auto routing = explain_routing(parity, context.subject, places, judged);
  if (!routing) return tl::unexpected<probe::AskError>(routing.error());
  Explanation explanation;
  if (*routing) explanation.module = (*routing)->module;
  if (*routing && (*routing)->cause) {
    explanation.causes.push_back(std::move(*(*routing)->cause));
  } else {
    const auto scenes = scenes_of(parity, context.subject, places, judged);
    if (!scenes) return tl::unexpected<probe::AskError>(scenes.error());
    explanation.causes = causes_of_places(*scenes);
    if (!scenes->empty()) explanation.by = to_json(diagnose::aggregates(scenes->front()));
    const bool rotated = !scenes->empty() && std::all_of(scenes->begin(), scenes->end(), diagnose::is_rotated);
    if (rotated) explanation.function = "rope";
    explanation.module = blamed_norm(*scenes, explanation.causes);
  }
  const bool explains = std::ranges::any_of(
      explanation.causes, [](const results::Cause& cause) { return !diagnose::only_describes(cause.name); });
  if (!explains && !*routing) {
    auto weights = explain_weights(context, finding);
    if (!weights) return tl::unexpected<probe::AskError>(weights.error());
    if (*weights) explanation.causes = {std::move(**weights)};
  }
  // What experts compute is a library's code: the port only says with what.
  const bool in_experts = *routing && (*routing)->module != (*routing)->block;
  if (!explanation.causes.empty() && explanation.function.empty() && !in_experts) {
    explanation.function = diagnose::function_of_cause(explanation.causes.front().name);
  }
  if (explanation.causes.empty() && !*routing) {
    if (auto cause = never_called(context, finding)) explanation.causes.push_back(std::move(*cause));
  }
  explanation.logit_error_removed = share_removed(parity, *routing ? (*routing)->block : finding.module);
  return explanation;
}

}  // namespace portwright::battery
