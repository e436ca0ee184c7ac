// parity.logits: are the logits right in float32? parity.native: how much precision does the native dtype lose?
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

// NaN, infinities and shapes are failures of their own; true where one was found and told.
bool told_of_nonsense(const PointError& port, results::CheckRecord& record) {
  if (port.same_shape && port.not_finite == 0) return false;
  record.verdict = Verdict::fail;
  record.summary = port.same_shape
                       ? counted(port.not_finite, "logit") + " NaN or infinite where the reference has numbers"
                       : "the logits have another shape than the reference's";
  record.measured["not_finite"] = port.not_finite;
  return true;
}

// The logits of both sides, or nothing after telling why.
const PointError* logits_of(const PointErrors& errors, const char* side, results::CheckRecord& record) {
  const auto found = errors.find("logits");
  if (found != errors.end()) return &found->second;
  record.verdict = Verdict::error;
  record.summary = std::string("the ") + side + " gave no logits";
  return nullptr;
}

}  // namespace

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
  const auto judge = [&](double error) {
    const diagnose::Measurement faulty = diagnose::measured(error, reference->relative_l2);
    return Sight{faulty.over_floor(), faulty.level() == Level::wrong};
  };
  tell_sensitivity(context, Form::float32, "over_floor", judge, record);
}

void check_native(Context& context, results::CheckRecord& record) {
  if (context.subject.checkpoint.dtype.name == "float32") {
    record.verdict = Verdict::not_compared;
    record.summary = "the checkpoint's dtype is float32: parity.logits has measured it";
    return;
  }
  const auto sides = context.parity.native();
  if (!sides) return conclude_unanswered(record, sides.error());
  const PointError* port = logits_of((*sides)->port, "port", record);
  const PointError* reference = logits_of((*sides)->reference, "reference", record);
  if (port == nullptr || reference == nullptr || told_of_nonsense(*port, record)) return;

  // Fixed margins: correct ports show 0.9 to 1.35 on a CPU. Too accurate means float32 where the native dtype belongs.
  constexpr double most = 2;
  constexpr double least = 0.3;
  const double rho = port->relative_l2 / reference->relative_l2;
  record.measured = {{"rho", rho},
                     {"relative_l2", port->relative_l2},
                     {"reference_relative_l2", reference->relative_l2},
                     {"max_ratio", port->max_ratio},
                     {"scale", port->scale}};
  record.threshold = {{"rho_most", most}, {"rho_least", least}};
  record.summary = number(port->relative_l2) + " from float64, " + number(rho) + " times what the reference loses in " +
                   context.subject.checkpoint.dtype.name;
  record.verdict = Verdict::pass;
  if (rho > most || rho < least) {
    record.verdict = Verdict::inconclusive;
    record.would_decide = rho > most ? "a calibrated noise floor over several prompts"
                                     : "the dtype check: an error this small says that part of it runs in float32";
  }
  const auto judge = [&](double error) {
    const double faulty = error / reference->relative_l2;
    return Sight{faulty, faulty > most || faulty < least};
  };
  tell_sensitivity(context, Form::native, "rho", judge, record);
}

}  // namespace portwright::battery
