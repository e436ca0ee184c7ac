// The forced forward of Parity: every aligned call on the reference's arrays, judged by what it makes of them.
#include <algorithm>
#include <set>

#include "battery/parity.hpp"

namespace portwright::battery {

using diagnose::Call;
using probe::AskError;
using probe::Side;

Json Parity::force_on(Side side, const std::vector<diagnose::Event>& leave_out) const {
  return force_on(side, leave_out, *truth_);
}

Json Parity::force_on(Side side, const std::vector<diagnose::Event>& leave_out, const Truth& truth) const {
  std::set<std::pair<std::size_t, bool>> left_out;
  for (const diagnose::Event& event : leave_out) left_out.emplace(event.call, event.is_end);
  for (const diagnose::Pair& pair : alignment_->pairs) {
    if (diagnose::is_only_shown(truth_->trace().calls[pair.reference])) left_out.emplace(pair.reference, false);
  }
  Json calls = Json::object();
  for (const diagnose::Pair& pair : alignment_->pairs) {
    const Call& call = truth_->trace().calls[pair.reference];
    if (call.path == diagnose::root_path) continue;
    const auto given = [&](bool is_end) {
      if (left_out.contains({pair.reference, is_end}) || !(is_end ? pair.out : pair.in)) return std::string();
      return truth.written_as(call.name() + (is_end ? ":out" : ":in"));
    };
    const std::string in = given(false);
    const std::string out = given(true);
    if (in.empty() && out.empty()) continue;
    const std::string name = side == Side::port ? port_trace_->calls[pair.port].name() : call.name();
    calls[name] = Json{{"in", in.empty() ? Json() : Json(in)}, {"out", out.empty() ? Json() : Json(out)}};
  }
  Json files = Json::array();
  for (const auto& file : truth.files()) files.push_back(file.string());
  return Json{{"files", std::move(files)}, {"calls", std::move(calls)}};
}

void Parity::judge_passed_on(Sides& sides) const {
  const Naming named = port_naming();
  // An array of the port's own that is handed on is as wrong at its next point as it was at its first.
  for (const auto& [passed_on, as] : sides.port_trace.same_as) {
    const std::string point = named(passed_on);
    const std::string first = named(sides.port_trace.resolved(passed_on));
    const auto error = first.empty() ? sides.port.end() : sides.port.find(first);
    if (point.empty() || error == sides.port.end() || sides.port.contains(point)) continue;
    if (truth_->written_as(first) == truth_->written_as(point)) sides.port[point] = error->second;
  }
  for (const Call& call : sides.port_trace.calls) {
    for (const char* side : {":in", ":out"}) {
      const diagnose::Array& array = side[1] == 'i' ? call.in : call.out;
      const std::string point = named(call.name() + side);
      if (array.forced.empty() || point.empty()) continue;
      const std::string given = named(array.forced);
      if (given.empty()) continue;
      if (truth_->written_as(given) == truth_->written_as(point)) {
        sides.port[point] = PointError{};
      } else if (const auto got = truth_->find(given), want = truth_->find(point); got && want) {
        sides.port[point] = compared(*got, *want);
      }
    }
  }
}

diagnose::Judged Parity::judge(const Sides& sides) const {
  diagnose::Judged judged;
  for (const diagnose::Pair& pair : alignment_->pairs) {
    const Call& call = truth_->trace().calls[pair.reference];
    for (const bool is_output : {false, true}) {
      const std::string point = call.name() + (is_output ? ":out" : ":in");
      const auto port = sides.port.find(point);
      if (port == sides.port.end()) continue;
      const auto reference = sides.reference.find(point);
      const double floor = reference == sides.reference.end() ? 0 : reference->second.relative_l2;
      (is_output ? judged.out : judged.in)[pair.reference] = diagnose::measured(port->second.relative_l2, floor);
    }
  }
  return judged;
}

Asked<Sides> Parity::forced_but(const std::vector<diagnose::Event>& left_out) {
  Json request = forward_request(everything(), "none");
  Json port_request = request;
  port_request["capture"] = aligned_globs();
  request["force"] = force_on(Side::reference, {});
  port_request["force"] = force_on(Side::port, left_out);
  auto sides = both_sides(Form::float32, request, port_request);
  if (sides) judge_passed_on(*sides);
  return sides;
}

// Several hand-overs that were left alone together mend things together: one of them may be wrong by itself. Where its
// boundary lies elsewhere, handing it the reference's array makes other things wrong.
Asked<std::vector<diagnose::Event>> Parity::truly_moved(std::vector<diagnose::Event> left_out) {
  const std::vector<Call>& calls = truth_->trace().calls;
  const auto wrong_without = [&](const std::vector<diagnose::Event>& events) -> Asked<double> {
    const auto sides = forced_but(events);
    if (!sides) return tl::unexpected<AskError>(sides.error());
    diagnose::Judged judged = judge(*sides);
    for (const diagnose::Event& event : left_out) judged.forget(event);
    return judged.wrong();
  };
  // An operand of a function is left to the port where the function makes the right thing of it: that tells already.
  std::set<std::string> paths;
  std::vector<diagnose::Event> moved;
  for (const diagnose::Event& event : left_out) {
    if (event.is_end) paths.insert(diagnose::starred(calls[event.call].path).path);
    if (!event.is_end) moved.push_back(event);
  }
  if (paths.size() < 2) return left_out;
  const auto with_all = wrong_without(left_out);
  if (!with_all) return tl::unexpected<AskError>(with_all.error());
  for (const std::string& path : paths) {
    std::vector<diagnose::Event> of_path;
    std::vector<diagnose::Event> others;
    for (const diagnose::Event& event : left_out) {
      const bool is_of_path = event.is_end && diagnose::starred(calls[event.call].path).path == path;
      (is_of_path ? of_path : others).push_back(event);
    }
    const auto wrong = wrong_without(others);
    if (!wrong) return tl::unexpected<AskError>(wrong.error());
    if (*wrong > *with_all) moved.insert(moved.end(), of_path.begin(), of_path.end());
  }
  return moved;
}

Asked<const Forced*> Parity::forced() {
  if (forced_) return &*forced_;
  if (const auto aligned = alignment(); !aligned) return tl::unexpected<AskError>(aligned.error());
  const std::vector<Call>& calls = truth_->trace().calls;
  auto sides = forced_but({});
  if (!sides) return tl::unexpected<AskError>(std::move(sides.error()));
  Forced forced{std::move(*sides), {}, {}, {}};
  forced.judged = judge(forced.sides);

  if (const auto wrong = wrong_handovers(calls, forced.judged); !wrong.empty()) {
    const auto again = forced_but(wrong);
    if (!again) return tl::unexpected<AskError>(again.error());
    std::vector<std::string> mending;
    forced.judged = without_moved_boundaries(calls, forced.judged, judge(*again), mending);
    for (const diagnose::Event& event : wrong) {
      if (std::ranges::find(mending, calls[event.call].path) != mending.end()) forced.left_out.push_back(event);
    }
    auto moved = truly_moved(forced.left_out);
    if (!moved) return tl::unexpected<AskError>(std::move(moved.error()));
    const bool all_moved = moved->size() == forced.left_out.size();
    forced.left_out = std::move(*moved);
    for (const diagnose::Event& event : forced.left_out) forced.moved.push_back(calls[event.call].path);
    if (!all_moved || (!forced.left_out.empty() && forced.judged.wrong() > 0)) {
      // What was handed over at a boundary that lies elsewhere in the port may have made this wrong.
      auto alone = forced_but(forced.left_out);
      if (!alone) return tl::unexpected<AskError>(std::move(alone.error()));
      forced.sides = std::move(*alone);
      forced.judged = judge(forced.sides);
      for (const diagnose::Event& event : forced.left_out) forced.judged.forget(event);
    }
  }
  forced_ = std::move(forced);
  return &*forced_;
}

std::vector<diagnose::Event> Parity::moved_boundaries() const {
  return forced_ ? forced_->left_out : std::vector<diagnose::Event>();
}

}  // namespace portwright::battery
