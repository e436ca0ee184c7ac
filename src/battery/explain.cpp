#include "battery/explain.hpp"

#include <algorithm>

#include "battery/explain_routing.hpp"
#include "battery/stored_parameter.hpp"
#include "diagnose/causes.hpp"

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

// Whether the call chooses experts, or is within one that does: a port may do it in its block's own lines, with the
// same weights.
bool chooses_experts(const std::vector<Call>& calls, const Call& call) {
  return std::ranges::any_of(calls, [&](const Call& routing) {
    if (routing.chosen_by.empty()) return false;
    const std::string router = diagnose::path_of(routing.chosen_by);
    return call.path == router || call.path.starts_with(router + ".");
  });
}

// A module below the culprit that owns weights and that the port never calls.
std::optional<results::Cause> never_called(Parity& parity, const Subject& subject, const diagnose::Finding& finding) {
  const std::vector<Call>& calls = (*parity.truth())->trace().calls;
  for (const Call& call : calls) {
    const diagnose::Starred star = diagnose::starred(call.path);
    const bool below = star.path.starts_with(finding.module + ".") && diagnose::function_of(call.path).empty();
    const auto owned = [&](const checkpoint::TensorInfo& tensor) { return tensor.name == call.path + ".weight"; };
    if (!below || chooses_experts(calls, call)) continue;
    if (std::ranges::none_of(subject.checkpoint.tensors, owned)) continue;
    const auto alone = [&](const diagnose::Unaligned& entry) { return entry.path == star.path; };
    const auto& list = (*parity.alignment())->reference_only;
    if (std::none_of(list.begin(), list.end(), alone)) continue;
    results::Cause cause;
    cause.name = "module-skipped";
    cause.sentence = "the port never calls " + star.path;
    return cause;
  }
  return std::nullopt;
}

}  // namespace

Asked<Explanation> explain(Parity& parity, const Subject& subject, const diagnose::Finding& finding) {
  const auto forced = parity.forced();
  if (!forced) return tl::unexpected<probe::AskError>(forced.error());
  const diagnose::Judged& judged = (*forced)->judged;
  const std::vector<Event> places = places_of((*parity.truth())->trace().calls, judged, finding);
  auto routing = explain_routing(parity, subject, places, judged);
  if (!routing) return tl::unexpected<probe::AskError>(routing.error());
  Explanation explanation;
  if (*routing) explanation.module = (*routing)->module;
  if (*routing && (*routing)->cause) {
    explanation.causes.push_back(std::move(*(*routing)->cause));
  } else {
    const auto scenes = scenes_of(parity, subject, places, judged);
    if (!scenes) return tl::unexpected<probe::AskError>(scenes.error());
    explanation.causes = diagnose::causes_of(*scenes);
    const bool rotated = !scenes->empty() && std::all_of(scenes->begin(), scenes->end(), diagnose::is_rotated);
    if (rotated) explanation.function = "rope";
  }
  // What experts compute is a library's code: the port only says with what.
  const bool in_experts = *routing && (*routing)->module != (*routing)->block;
  if (!explanation.causes.empty() && explanation.function.empty() && !in_experts) {
    explanation.function = diagnose::function_of_cause(explanation.causes.front().name);
  }
  if (explanation.causes.empty() && !*routing) {
    if (auto cause = never_called(parity, subject, finding)) explanation.causes.push_back(std::move(*cause));
  }
  explanation.logit_error_removed = share_removed(parity, *routing ? (*routing)->block : finding.module);
  return explanation;
}

}  // namespace portwright::battery
