#include "battery/parity.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <set>

namespace portwright::battery {
namespace {

using diagnose::Alignment;
using diagnose::Call;
using probe::AskError;
using probe::Side;

tl::unexpected<AskError> broken(Error error) {
  return tl::unexpected<AskError>(AskError{std::move(error), "internal", {}});
}

// Tensors of an answer, by name.
Result<std::map<std::string, diagnose::Matrix>> arrays_in(const std::vector<std::filesystem::path>& files,
                                                          const std::function<bool(const std::string&)>& is_wanted) {
  std::map<std::string, diagnose::Matrix> arrays;
  for (const std::filesystem::path& file : files) {
    const auto mapped = checkpoint::MappedTensors::open(file);
    if (!mapped) return tl::unexpected<Error>(mapped.error());
    for (const checkpoint::TensorInfo& tensor : mapped->tensors()) {
      const auto view = view_of(*mapped, tensor);
      if (is_wanted(tensor.name) && view) arrays[tensor.name] = matrix_of(*view);
    }
  }
  return arrays;
}

Json numbers_of(const PointErrors& errors) {
  Json numbers = Json::object();
  for (const auto& [point, error] : errors) numbers[point] = to_json(error);
  return numbers;
}

PointErrors errors_from(const Json& numbers) {
  PointErrors errors;
  for (const auto& [point, error] : numbers.items()) errors[point] = point_error_from(error);
  return errors;
}

}  // namespace

Json Parity::forward_request(const Json& capture, const std::string& logits) const {
  return Json{{"do", "forward"},    {"ids", Json::array({prompt_})},
              {"capture", capture}, {"points", {"in", "out"}},
              {"logits", logits},   {"cache", false},
              {"force", nullptr},   {"dtype_only", false}};
}

// What is shown on request alone is worth its time to who keeps it.
Json Parity::everything() const {
  return session_.keeps_tensors() ? Json{"*", "*.@attention_weights"} : Json::array({"*"});
}

Asked<const Truth*> Parity::truth() {
  if (!truth_) {
    Pending pending = session_.begin_reference(Form::float64, forward_request(everything(), "all"));
    session_.load_ahead({{Side::port, Form::float32}});  // beside it; whoever needs it hears of a failure
    MeasuredOr answer = session_.finish(std::move(pending));
    session_.unload(Side::reference, Form::float64);
    if (!answer) return tl::unexpected<AskError>(std::move(answer.error()));
    auto truth = Truth::open(std::move(*answer));
    if (!truth) return broken(std::move(truth.error()));
    truth_ = std::move(*truth);
  }
  return &*truth_;
}

Asked<const Trace*> Parity::port_trace() {
  if (!port_trace_) {
    Json request = forward_request(everything(), "none");
    request["dtype_only"] = true;
    MeasuredOr answer = session_.ask(Side::port, Form::float32, request);
    if (!answer) return tl::unexpected<AskError>(std::move(answer.error()));
    port_trace_ = trace_from(answer->ok);
  }
  return &*port_trace_;
}

Asked<diagnose::Fingerprints> Parity::fingerprints(Side side, const std::vector<std::string>& paths) {
  diagnose::Fingerprints result;
  if (paths.empty()) return result;
  const Json request{{"do", "fingerprint"}, {"paths", paths}};
  MeasuredOr answer = side == Side::reference ? session_.ask_reference(Form::float32, request)
                                              : session_.ask(side, Form::float32, request);
  if (!answer) return tl::unexpected<AskError>(std::move(answer.error()));
  // A module without weights has the empty sum, which tells nothing about it.
  const std::string none(16, '0');
  for (const auto& [path, value] : answer->ok.items()) {
    if (value.is_string() && value != none) result[path] = value;
  }
  return result;
}

Asked<const Alignment*> Parity::alignment() {
  if (!alignment_) {
    const auto reference = truth();
    if (!reference) return tl::unexpected<AskError>(reference.error());
    const auto port = port_trace();
    if (!port) return tl::unexpected<AskError>(port.error());
    const std::vector<Call>& reference_calls = (*reference)->trace().calls;
    const diagnose::Unmatched unmatched = unmatched_by_path(reference_calls, (*port)->calls);
    const auto reference_weights = fingerprints(Side::reference, unmatched.reference);
    if (!reference_weights) return tl::unexpected<AskError>(reference_weights.error());
    const auto port_weights = fingerprints(Side::port, unmatched.port);
    if (!port_weights) return tl::unexpected<AskError>(port_weights.error());
    alignment_ = align(reference_calls, (*port)->calls, *reference_weights, *port_weights);
  }
  return &*alignment_;
}

std::string Parity::port_path(const std::string& reference) const {
  if (!alignment_) return reference;
  for (const diagnose::Pair& pair : alignment_->pairs) {
    if (truth_->trace().calls[pair.reference].path == reference) return port_trace_->calls[pair.port].path;
  }
  // Experts are stored otherwise on the two sides; both are given the choice.
  for (const diagnose::Pair& pair : alignment_->pairs) {
    if (!diagnose::is_routing(truth_->trace().calls[pair.reference])) continue;
    const Call* experts = diagnose::called_next(truth_->trace().calls, pair.reference);
    const Call* port = diagnose::called_next(port_trace_->calls, pair.port);
    if (experts != nullptr && port != nullptr && experts->path == reference) return port->path;
  }
  return reference;
}

Naming Parity::port_naming() const {
  std::map<std::string, std::string> names{{"logits", "logits"}};
  for (const diagnose::Pair& pair : alignment_->pairs) {
    const std::string port = port_trace_->calls[pair.port].name();
    const std::string reference = truth_->trace().calls[pair.reference].name();
    if (pair.in) names[port + ":in"] = reference + ":in";
    if (pair.out) names[port + ":out"] = reference + ":out";
  }
  return [names = std::move(names)](const std::string& point) {
    const auto found = names.find(point);
    return found == names.end() ? std::string() : found->second;
  };
}

Asked<Sides> Parity::both_sides(Form form, const Json& reference_request, const Json& port_request) {
  Json identity = reference_request;
  if (identity["force"].is_object()) identity["force"].erase("files");
  const std::string what = "against the truth, by row: " + std::string(name(form)) + identity.dump();

  Comparer reference(*truth_);
  Comparer port(*truth_, port_naming());
  const std::optional<Json> known = session_.recall(what);
  Pending reference_pending;
  if (!known) {
    session_.load_ahead({{Side::reference, form}, {Side::port, form}});
    reference_pending = session_.begin(Side::reference, form, reference_request, reference.sink());
  }
  MeasuredOr port_answer = session_.ask(Side::port, form, port_request, port.sink());
  Sides sides;
  if (known) {
    sides.reference = errors_from(known->at("errors"));
    sides.reference_trace = trace_from(known->at("answer"));
  } else {
    // Waited for in any case: its sink writes into `reference`.
    MeasuredOr reference_answer = session_.finish(std::move(reference_pending));
    if (!reference_answer) return tl::unexpected<AskError>(std::move(reference_answer.error()));
    sides.reference = reference.errors();
    sides.reference_trace = trace_from(reference_answer->ok);
    session_.remember(what, Json{{"errors", numbers_of(sides.reference)}, {"answer", reference_answer->ok}});
  }
  if (!port_answer) return tl::unexpected<AskError>(std::move(port_answer.error()));
  sides.port_trace = trace_from(port_answer->ok);
  port.judge_passed_on(sides.port_trace);
  sides.port = port.errors();
  return sides;
}

Asked<const Sides*> Parity::free_run() {
  if (!free_run_) {
    if (const auto aligned = alignment(); !aligned) return tl::unexpected<AskError>(aligned.error());
    const Json request = forward_request(everything(), "all");
    Json port_request = request;
    port_request["capture"] = aligned_globs();
    auto sides = both_sides(Form::float32, request, port_request);
    if (!sides) return tl::unexpected<AskError>(std::move(sides.error()));
    free_run_ = std::move(*sides);
  }
  return &*free_run_;
}

Json Parity::aligned_globs() const {
  std::set<std::size_t> aligned;
  for (const diagnose::Pair& pair : alignment_->pairs) aligned.insert(pair.port);
  std::set<std::string> with_partner;
  std::set<std::string> without;
  for (std::size_t i = 0; i < port_trace_->calls.size(); ++i) {
    const std::string path = diagnose::starred(port_trace_->calls[i].path).path;
    (aligned.contains(i) ? with_partner : without).insert(path);
  }
  Json globs = everything();
  for (const std::string& path : without) {
    // A glob's star would also take away aligned modules below it.
    const bool free = std::none_of(with_partner.begin(), with_partner.end(), [&](const std::string& other) {
      return fnmatch(path.c_str(), other.c_str(), 0) == 0;
    });
    if (free) globs.push_back("!" + path);
  }
  return globs;
}

std::optional<diagnose::Matrix> Parity::reference_array(const std::string& point) const {
  const auto found = truth_->find(point);
  return found ? std::optional(matrix_of(*found)) : std::nullopt;
}

const Call* Parity::port_call(std::size_t reference_call) const {
  const diagnose::Pair* pair = alignment_->of_reference(reference_call);
  return pair == nullptr ? nullptr : &port_trace_->calls[pair->port];
}

Asked<std::map<std::string, diagnose::Matrix>> Parity::port_arrays(const std::vector<diagnose::Event>& points) {
  std::map<std::string, std::string> wanted;  // the port's point to the reference's
  std::set<std::string> port;
  for (const diagnose::Event& event : points) {
    const Call* call = port_call(event.call);
    if (call == nullptr) continue;
    const std::string side = event.is_end ? ":out" : ":in";
    wanted[call->name() + side] = truth_->trace().calls[event.call].name() + side;
    port.insert(call->name() + side);
  }
  auto found = port_points(port);
  if (!found) return found;
  std::map<std::string, diagnose::Matrix> arrays;
  for (auto& [point, array] : *found) arrays[wanted.at(point)] = std::move(array);
  return arrays;
}

Asked<std::map<std::string, diagnose::Matrix>> Parity::port_parameters(const std::string& path) {
  const MeasuredOr answer = session_.ask(Side::port, Form::float32, Json{{"do", "parameters"}, {"path", path}});
  if (!answer) return tl::unexpected<AskError>(answer.error());
  auto found = arrays_in(answer->files, [](const std::string&) { return true; });
  if (!found) return broken(found.error());
  return std::move(*found);
}

Asked<std::map<std::string, diagnose::Matrix>> Parity::port_points(const std::set<std::string>& points) {
  Json globs = Json::array();
  for (const std::string& point : points) globs.push_back(diagnose::path_of(point));
  Json request = forward_request(globs, "none");
  request["force"] = force_on(Side::port, moved_boundaries());
  const MeasuredOr answer = session_.ask(Side::port, Form::float32, request);
  if (!answer) return tl::unexpected<AskError>(answer.error());

  auto found = arrays_in(answer->files, [&](const std::string& name) { return points.contains(name); });
  if (!found) return broken(found.error());
  std::map<std::string, diagnose::Matrix> arrays = std::move(*found);
  // What was passed on as it was given lies in no file.
  const Naming named = port_naming();
  const Trace trace = trace_from(answer->ok);
  for (const Call& call : trace.calls) {
    for (const char* side : {":in", ":out"}) {
      const std::string point = call.name() + side;
      const diagnose::Array& array = side[1] == 'i' ? call.in : call.out;
      if (!points.contains(point) || arrays.contains(point)) continue;
      if (!array.forced.empty()) {
        if (auto given = reference_array(named(array.forced))) arrays[point] = std::move(*given);
      } else if (const auto same = arrays.find(trace.resolved(point)); same != arrays.end()) {
        arrays[point] = same->second;
      }
    }
  }
  return arrays;
}

Asked<double> Parity::port_error_at(const std::string& point, const Json& request) {
  Comparer port(*truth_, port_naming());
  const MeasuredOr answer = session_.ask(Side::port, Form::float32, request, port.sink());
  if (!answer) return tl::unexpected<AskError>(answer.error());
  const auto found = port.errors().find(point);
  if (found == port.errors().end()) return broken(Error{Fault::worker, "the port gave no array at " + point, {}, {}});
  return found->second.relative_l2;
}

Asked<double> Parity::error_with_modules_forced(const std::string& point) {
  const std::vector<Call>& calls = truth_->trace().calls;
  std::vector<diagnose::Event> functions = moved_boundaries();
  std::string path;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!diagnose::function_of(calls[i].path).empty()) functions.insert(functions.end(), {{i, false}, {i, true}});
    if (const Call* port = port_call(i); port != nullptr && point.starts_with(calls[i].name() + ":")) path = port->path;
  }
  Json request = forward_request({path}, "none");
  request["force"] = force_on(Side::port, functions);
  return port_error_at(point, request);
}

Asked<double> Parity::logits_error_given(const std::vector<std::size_t>& calls) {
  const Json all = force_on(Side::port, {});
  Json given = Json::object();
  for (const std::size_t call : calls) {
    const Call* port = port_call(call);
    const Json forced = port == nullptr ? Json() : all["calls"].value(port->name(), Json());
    if (forced.is_object() && forced["out"].is_string())
      given[port->name()] = {{"in", nullptr}, {"out", forced["out"]}};
  }
  Json request = forward_request(Json::array(), "all");
  request["force"] = {{"files", all["files"]}, {"calls", std::move(given)}};
  return port_error_at("logits", request);
}

Asked<const Sides*> Parity::native() {
  if (!native_) {
    if (const auto aligned = alignment(); !aligned) return tl::unexpected<AskError>(aligned.error());
    Json request = forward_request({"*"}, "all");
    request["dtype_only"] = true;
    auto sides = both_sides(Form::native, request, request);
    if (!sides) return tl::unexpected<AskError>(std::move(sides.error()));
    native_ = std::move(*sides);
  }
  return &*native_;
}

}  // namespace portwright::battery
