#include "diagnose/localise.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace portwright::diagnose {
namespace {

std::optional<Measurement> at(const Judged& judged, const Event& event) {
  const auto& points = event.is_end ? judged.out : judged.in;
  const auto found = points.find(event.call);
  return found == points.end() ? std::nullopt : std::optional(found->second);
}

bool is_wrong(const Judged& judged, const Event& event) {
  const auto point = at(judged, event);
  return point && point->level() == Level::wrong;
}

// Whose code made the array of this event: a module makes its output, its caller makes its input; what a function does
// is the doing of the module that calls it. Experts are chosen by who hands out the choice.
std::string maker(const std::vector<Call>& calls, const Event& event) {
  const std::string& path = calls[event.call].path;
  if (!calls[event.call].chosen_by.empty()) return path_of(calls[event.call].chosen_by);
  if (!function_of(path).empty()) return module_of(path);
  return event.is_end ? path : path_of(calls[event.call].parent);
}

// The function that is wrong where it made something wrong of right operands; who made a wrong operand is not known
// yet.
std::string wrong_function(const std::vector<Call>& calls, const Event& event) {
  if (is_mask(calls[event.call])) return "mask";
  return event.is_end ? function_of(calls[event.call].path) : "";
}

int layers_with(const std::vector<Call>& calls, const std::string& module) {
  std::set<int> layers;
  for (const Call& call : calls) {
    if (const Starred star = starred(call.path); star.path == module && star.layer) layers.insert(*star.layer);
  }
  return static_cast<int>(layers.size());
}

// The blocks that chose other experts. A choice is not forced: what such a block makes of it tells nothing more.
std::set<std::string> choosing_otherwise(const std::vector<Call>& calls, const Judged& judged) {
  std::set<std::string> blocks;
  for (const auto& [call, point] : judged.in) {
    if (is_routing(calls[call]) && point.level() == Level::wrong) blocks.insert(calls[call].parent);
  }
  return blocks;
}

void collect(const std::vector<Call>& calls, const Judged& judged, Level level, std::vector<Finding>& list) {
  const std::set<std::string> otherwise = choosing_otherwise(calls, judged);
  for (const Event& event : timeline(calls)) {
    const auto point = at(judged, event);
    if (!point || point->level() != level) continue;
    if (event.is_end && otherwise.contains(calls[event.call].name())) continue;
    const Starred star = starred(maker(calls, event));
    const std::string side = event.is_end ? ":out" : ":in";
    auto found = std::find_if(list.begin(), list.end(), [&](const Finding& one) { return one.module == star.path; });
    if (found == list.end()) {
      Finding finding;
      finding.module = star.path;
      finding.function = wrong_function(calls, event);
      finding.layers_in_all = layers_with(calls, star.path);
      finding.seen_at = starred(calls[event.call].path).path + side;
      finding.level = level;
      found = list.insert(list.end(), std::move(finding));
    }
    if (found->level != level) continue;
    if (found->worst_at.empty() || point->over_floor() > found->worst.over_floor()) {
      found->worst = *point;
      found->worst_at = calls[event.call].name() + side;
    }
    if (star.layer && std::find(found->layers.begin(), found->layers.end(), *star.layer) == found->layers.end()) {
      found->layers.push_back(*star.layer);
    }
  }
}

// Events after a hand-over and before (and with) the end of the module that called it.
std::vector<Event> consequences(const std::vector<Call>& calls, const std::vector<Event>& events,
                                const Event& handover) {
  std::vector<Event> result;
  bool after = false;
  for (const Event& event : events) {
    if (after) {
      result.push_back(event);
      if (event.is_end && calls[event.call].name() == calls[handover.call].parent) break;
    }
    if (event.call == handover.call && event.is_end == handover.is_end) after = true;
  }
  return result;
}

// What was wrong behind the hand-over and no longer is. What changed first tells: behind it another call that was left
// alone may have changed more.
std::vector<Event> mended_behind(const std::vector<Event>& behind, const Judged& first, const Judged& again) {
  std::vector<Event> mended;
  for (const Event& event : behind) {
    const bool wrong_before = is_wrong(first, event);
    const bool wrong_now = is_wrong(again, event);
    if (wrong_before && !wrong_now && at(again, event)) mended.push_back(event);
    if (!wrong_before && wrong_now) break;
  }
  return mended;
}

// Whether the function that was given this operand, and others the port's way, made the right thing of them.
bool comes_out_right(const std::vector<Call>& calls, const std::vector<Event>& behind, const Judged& again) {
  const auto made = std::find_if(behind.begin(), behind.end(), [&](const Event& event) {
    return event.is_end && !function_of(calls[event.call].path).empty() && at(again, event);
  });
  return made != behind.end() && !is_wrong(again, *made);
}

}  // namespace

Level Measurement::level() const {
  if (!std::isfinite(error) || error > wrong_over_floor * floor) return Level::wrong;
  return error > suspect_over_floor * floor ? Level::suspect : Level::clean;
}

double Judged::wrong() const {
  double sum = 0;
  for (const auto* points : {&in, &out}) {
    for (const auto& [call, point] : *points) {
      if (point.level() == Level::wrong) sum += std::isfinite(point.error) ? point.error : 1;
    }
  }
  return sum;
}

Measurement measured(double error, double reference_error) {
  return {error, std::max(std::isfinite(reference_error) ? reference_error : 0, least_floor)};
}

std::vector<Finding> findings(const std::vector<Call>& reference, const Judged& judged) {
  std::vector<Finding> list;
  collect(reference, judged, Level::wrong, list);
  collect(reference, judged, Level::suspect, list);
  for (Finding& finding : list) std::sort(finding.layers.begin(), finding.layers.end());
  return list;
}

std::vector<Event> wrong_handovers(const std::vector<Call>& reference, const Judged& judged) {
  std::vector<Event> handovers;
  for (const Event& event : timeline(reference)) {
    const Call& call = reference[event.call];
    const bool operand = !event.is_end && !function_of(call.path).empty() && !is_only_shown(call);
    if ((event.is_end || operand) && is_wrong(judged, event)) handovers.push_back(event);
  }
  return handovers;
}

Judged without_moved_boundaries(const std::vector<Call>& reference, const Judged& first, const Judged& again,
                                std::vector<std::string>& moved) {
  Judged result = first;
  const std::vector<Event> events = timeline(reference);
  for (const Event& handover : wrong_handovers(reference, first)) {
    const std::vector<Event> behind = consequences(reference, events, handover);
    const std::vector<Event> mended = mended_behind(behind, first, again);
    if (mended.empty() && (handover.is_end || !comes_out_right(reference, behind, again))) continue;
    moved.push_back(reference[handover.call].path);
    result.forget(handover);
    for (const Event& event : mended) result.forget(event);
  }
  return result;
}

}  // namespace portwright::diagnose
