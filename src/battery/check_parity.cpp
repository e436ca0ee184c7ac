// parity.logits: are the logits right in float32?
// A fixed tolerance in the native dtype flags most correct ports and misses half of the bugs; in float32, over the
// error that the reference itself shows against float64, correct ports sit between 0.5 and 1.6.
#include "battery/check.hpp"
#include "battery/logits.hpp"
#include "battery/sensitivity.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using diagnose::Level;
using results::Verdict;

results::Series by_position(const PointError& error, double floor) {
  results::Series series;
  series.name = "relative L2 of the logits by position";
  series.axes = {"position"};
  series.floor = floor;
  series.values = thinned(error.by_row);
  return series;
}

}  // namespace

bool told_of_nonsense(const PointError& port, results::CheckRecord& record) {
  if (port.same_shape && port.not_finite == 0) return false;
  record.verdict = Verdict::fail;
  record.summary = port.same_shape
                       ? counted(port.not_finite, "logit") + " NaN or infinite where the reference has numbers"
                       : "the logits have another shape than the reference's";
  record.measured["not_finite"] = port.not_finite;
  return true;
}

const PointError* logits_of(const PointErrors& errors, const char* side, results::CheckRecord& record) {
  const auto found = errors.find("logits");
  if (found != errors.end()) return &found->second;
  record.verdict = Verdict::error;
  record.summary = std::string("the ") + side + " gave no logits";
  return nullptr;
}

void check_logits(Context& context, results::CheckRecord& record) {
  const auto sides = context.parity.free_run();
  if (!sides) return conclude_unanswered(record, sides.error());
  const PointError* port = logits_of((*sides)->port, "port", record);
  const PointError* reference = logits_of((*sides)->reference, "reference", record);
  if (port == nullptr || reference == nullptr || told_of_nonsense(*port, record)) return;

  const diagnose::Measurement found = diagnose::measured(port->relative_l2, reference->relative_l2);
  record.measured = {{"relative_l2", port->relative_l2},
                     {"over_floor", found.over_floor()},
                     {"max_ratio", port->max_ratio},
                     {"scale", port->scale},
                     {"positions", port->by_row.size()}};
  record.threshold = {{"floor", found.floor},
                      {"suspect_over_floor", diagnose::suspect_over_floor},
                      {"wrong_over_floor", diagnose::wrong_over_floor}};
  record.series.push_back(by_position(*port, found.floor));
  const std::string numbers =
      number(port->relative_l2) + " in float32; the reference's own float32 shows " + number(found.floor) + " here";
  switch (found.level()) {
    case Level::clean:
      record.verdict = Verdict::pass;
      break;
    case Level::wrong:
      record.verdict = Verdict::fail;
      break;
    case Level::suspect:
      record.verdict = Verdict::inconclusive;
      record.would_decide = "parity.modules: a module that is wrong on the reference's input, or none";
      break;
  }
  record.summary = numbers;

  record.sensitivity["relative_l2"] = found.floor * diagnose::wrong_over_floor;
  const auto look = [&](const std::string& fault) -> Asked<FaultSeen> {
    const auto felt = logits_with_fault(context, Form::float32, fault);
    if (!felt) return tl::unexpected<probe::AskError>(felt.error());
    const diagnose::Measurement faulty = diagnose::measured(felt->relative_l2, reference->relative_l2);
    return FaultSeen{felt->injected, faulty.over_floor(), faulty.level() == Level::wrong};
  };
  tell_sensitivity("over_floor", look, record);
}

}  // namespace portwright::battery
