// Which module is wrong on the reference's own input?
// An error in layer 3 makes every later layer wrong too. Here each module gets the reference's input and hands on the
// reference's output, so that what is wrong is wrong by its own code, weight or config.
#include "battery/check.hpp"
#include "battery/explain.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using diagnose::Call;
using diagnose::Finding;
using diagnose::Level;
using results::Verdict;

Json in_json(const std::vector<diagnose::Unaligned>& list) {
  Json json = Json::array();
  for (const diagnose::Unaligned& entry : list) {
    json.push_back({{"path", entry.path}, {"layers", entry.layers}, {"why", entry.why}});
  }
  return json;
}

Json in_json(const Finding& finding) {
  return Json{{"module", finding.module},     {"function", finding.function},
              {"layers", finding.layers},     {"seen_at", finding.seen_at},
              {"worst_at", finding.worst_at}, {"relative_l2", finding.worst.error},
              {"floor", finding.worst.floor}, {"over_floor", finding.worst.over_floor()}};
}

// Where it shows (free-running) and where it starts (forced), for every decoder layer's output.
std::vector<results::Series> by_layer(const Truth& truth, const PointErrors& free_run, const PointErrors& forced) {
  results::Series shows;
  shows.name = "relative L2 by layer, free-running";
  shows.axes = {"layer"};
  results::Series starts = shows;
  starts.name = "relative L2 by layer, worst module on the reference's input";
  std::map<int, double> worst;
  std::map<int, double> output;
  for (const Call& call : truth.trace().calls) {
    const diagnose::Starred star = diagnose::starred(call.path);
    if (!star.layer) continue;
    for (const char* side : {":in", ":out"}) {
      if (auto found = forced.find(call.name() + side); found != forced.end()) {
        worst[*star.layer] = std::max(worst[*star.layer], found->second.relative_l2);
      }
    }
    if (!star.path.ends_with(".*")) continue;
    if (auto found = free_run.find(call.name() + ":out"); found != free_run.end()) {
      output[*star.layer] = found->second.relative_l2;
    }
  }
  for (const auto& [layer, error] : output) shows.values.push_back(error);
  for (const auto& [layer, error] : worst) starts.values.push_back(error);
  return {shows, starts};
}

// The first position that is wrong, where the ones before it are right: a window or a chunk begins there.
void say_position(const PointErrors& errors, const Truth& truth, const Finding& finding, results::CheckRecord& record) {
  for (const Call& call : truth.trace().calls) {
    for (const char* side : {":in", ":out"}) {
      if (diagnose::starred(call.path).path + side != finding.seen_at) continue;
      const auto found = errors.find(call.name() + side);
      if (found == errors.end() || found->second.relative_l2 <= diagnose::wrong_over_floor * finding.worst.floor)
        continue;
      const std::vector<double>& rows = found->second.by_row;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        if (rows[row] > diagnose::wrong_over_floor * finding.worst.floor) {
          record.where["position"] = row;
          return;
        }
      }
    }
  }
}

// One head that is wrong among right ones is a slice or a layout, not a formula.
void say_head(const Json& by, results::CheckRecord& record) {
  const Json which = by.value("/head/which"_json_pointer, Json::array());
  if (which.size() == 1) record.where["head"] = which.front();
}

// Each finding stands for itself, since no error travels: what explains the first three, the culprit's own first.
void say_causes(Context& context, std::vector<Finding>& found, results::CheckRecord& record) {
  constexpr std::size_t most = 3;
  for (std::size_t i = 0; i < std::min(most, found.size()); ++i) {
    if (found[i].level != Level::wrong) break;
    auto explanation = explain(context, found[i]);
    if (!explanation) {
      record.measured["findings"][i]["not_explained"] = explanation.error().error.sentence;
      continue;
    }
    if (!explanation->module.empty()) {
      found[i].module = explanation->module;
      record.measured["findings"][i]["module"] = found[i].module;
      if (i == 0) record.culprit->module = found[i].module;
    }
    if (i == 0 && !explanation->function.empty()) record.culprit->function = explanation->function;
    if (!explanation->by.empty()) record.measured["findings"][i]["by"] = explanation->by;
    if (i == 0) say_head(explanation->by, record);
    if (explanation->logit_error_removed) {
      record.measured["findings"][i]["logit_error_removed"] = *explanation->logit_error_removed;
    }
    for (results::Cause& cause : explanation->causes) {
      if (i > 0) cause.module = found[i].module;
      record.causes.push_back(std::move(cause));
    }
  }
}

}  // namespace

void check_modules(Context& context, results::CheckRecord& record) {
  const auto free_run = context.parity.free_run();
  if (!free_run) return conclude_unanswered(record, free_run.error());
  const auto forced = context.parity.forced();
  if (!forced) return conclude_unanswered(record, forced.error());
  const Truth& truth = **context.parity.truth();
  const diagnose::Alignment& alignment = **context.parity.alignment();
  const diagnose::Judged& judged = (*forced)->judged;

  std::vector<Finding> found = findings(truth.trace().calls, judged);
  const std::size_t points = judged.in.size() + judged.out.size();
  record.threshold = {{"suspect_over_floor", diagnose::suspect_over_floor},
                      {"wrong_over_floor", diagnose::wrong_over_floor}};
  record.measured = {{"points", points},
                     {"aligned", alignment.pairs.size()},
                     {"not_in_the_port", in_json(alignment.reference_only)},
                     {"not_in_the_reference", in_json(alignment.port_only)},
                     {"boundary_drawn_elsewhere", (*forced)->moved}};
  record.measured["findings"] = Json::array();
  for (const Finding& finding : found) record.measured["findings"].push_back(in_json(finding));
  record.series = by_layer(truth, (*free_run)->port, (*forced)->sides.port);

  if (points == 0) {
    record.verdict = Verdict::error;
    record.summary = "no module of the port could be aligned with one of the reference";
    return;
  }
  // A suspect alone, with logits at the floor, is one more way to sum in float32: MLX's CPU norm adds in order where
  // torch adds in blocks, and shows five times the floor on SmolLM2's embedding.
  const auto logits = (*free_run)->port.find("logits");
  const auto logits_floor = (*free_run)->reference.find("logits");
  const Level logits_level =
      logits != (*free_run)->port.end() && logits_floor != (*free_run)->reference.end()
          ? diagnose::measured(logits->second.relative_l2, logits_floor->second.relative_l2).level()
          : Level::suspect;
  if (found.empty() || (found.front().level == Level::suspect && logits_level == Level::clean)) {
    double worst = 0;
    for (const auto* points_of : {&judged.in, &judged.out}) {
      for (const auto& [call, point] : *points_of) worst = std::max(worst, point.over_floor());
    }
    record.measured["worst_over_floor"] = worst;
    record.verdict = Verdict::pass;
    record.summary = counted(points, "array") + " of " + counted(alignment.pairs.size(), "module call") +
                     " right on the reference's input; the worst at " + number(worst) + " times the floor";
    if (logits_level == Level::wrong) {
      record.verdict = Verdict::inconclusive;
      record.summary += "; and yet the logits are wrong: what makes them so is in none of these arrays";
      record.would_decide = "the code between the modules that have no partner (not_in_the_port, not_in_the_reference)";
    }
    return;
  }
  const Finding& first = found.front();
  record.measured["layers"] = first.layers_in_all;
  record.culprit = results::Culprit{first.module, std::nullopt, first.layers, std::nullopt};
  if (!first.function.empty()) record.culprit->function = first.function;
  say_position((*forced)->sides.port, truth, first, record);
  if (first.level == Level::wrong) say_causes(context, found, record);
  const std::string where =
      first.module + (first.layers.empty() ? "" : " (" + layers_in_words(first.layers, first.layers_in_all) + ")");
  record.summary = where + ": " + number(first.worst.error) + " on the reference's input, seen at " + first.seen_at +
                   "; correct ports show " + number(first.worst.floor);
  if (first.level == Level::wrong) {
    record.verdict = Verdict::fail;
    record.summary = "first wrong: " + record.summary;
  } else {
    record.verdict = Verdict::inconclusive;
    record.summary = "suspect: " + record.summary;
    record.would_decide = "another prompt (--prompt-file): a bug stays at this multiple of the floor, chance does not";
  }
}

}  // namespace portwright::battery
