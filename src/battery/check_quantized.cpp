// Does the port survive 4 bits: converted by mlx-lm, loaded again, in the right dtype, writing, and how far from
// itself? A quantized router or a small head that was not left out hurts unseen (default 4-bit KL 0.31 beside bf16's
// 0.02 in one report); a scale that stays float32 widens everything behind it.
#include "battery/check.hpp"
#include "battery/generations.hpp"
#include "battery/logits.hpp"
#include "battery/text_statistics.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using probe::Side;
using results::Verdict;

constexpr int bits = 4;
constexpr int group_size = 64;

}  // namespace

void check_quantized(Context& context, results::CheckRecord& record) {
  // The unquantized logits first: its model is then unloaded, and only one is held while the other is made.
  const auto plain = logits_of(context, Side::port, Form::native);
  if (!plain) return conclude_unanswered(record, plain.error());
  context.session.unload(Side::port, Form::native);

  LoadPlan& plan = context.session.port_plan();
  plan.quantized_folder = context.session.scratch() / "quantized";
  const MeasuredOr converted = context.session.ask(Side::port, Form::none,
                                                   Json{{"do", "convert"},
                                                        {"folder", plan.folder.string()},
                                                        {"out", plan.quantized_folder.string()},
                                                        {"bits", bits},
                                                        {"group_size", group_size}});
  if (!converted) return conclude_unanswered(record, converted.error());
  const auto quantized = logits_of(context, Side::port, Form::quantized);
  if (!quantized) return conclude_unanswered(record, quantized.error());
  const MeasuredOr written = context.session.ask(Side::port, Form::quantized,
                                                 context.generations->request(lengths(context.subject.effort).greedy));
  if (!written) return conclude_unanswered(record, written.error());

  const std::string& expected = context.subject.checkpoint.dtype.name;
  const compare::Comparison whole = compare::compare(quantized->tensor.view, plain->tensor.view);
  const compare::LogitsComparison by_row = compare::compare_logits(quantized->tensor.view, plain->tensor.view);
  const double agreement = top_1_agreement(by_row);
  const double kl = mean(by_row.kl);
  const auto ids = written->ok.at("ids").get<std::vector<int>>();
  const Json load = context.session.load(Side::port, Form::quantized)->ok;

  // Fixed margins: 4 bits in groups of 64 cost 0.02 to 0.4 nats on ports that are right.
  constexpr double most_kl = 1;
  record.measured = {{"bits", bits},
                     {"group_size", group_size},
                     {"bits_per_weight", converted->ok.value("bits_per_weight", Json())},
                     {"kl_mean", kl},
                     {"kl_p99", percentile(by_row.kl, 0.99)},
                     {"top_1_agreement", agreement},
                     {"logits", quantized->dtype},
                     {"tokens", ids.size()},
                     {"repetition", repetition(ids)},
                     {"text", text_of(context.session, context.subject, ids)},
                     {"strict_error", load.value("strict_error", Json())}};
  record.threshold = {{"kl_mean", most_kl}, {"logits", expected}};
  record.summary = number(kl) + " nats from the unquantized port, same top token " + number(100 * agreement) +
                   " % of the time; " + quantized->dtype + " out";
  if (whole.all.not_finite > 0) {
    record.verdict = Verdict::fail;
    record.summary = counted(whole.all.not_finite, "logit") + " NaN or infinite after quantization";
  } else if (load.value("strict_error", Json()).is_string()) {
    record.verdict = Verdict::fail;
    record.summary = "the converted checkpoint does not load strictly: " + load["strict_error"].get<std::string>();
  } else if (quantized->dtype != expected) {
    record.verdict = Verdict::fail;
    record.summary = quantized->dtype + " out of the quantized port where the checkpoint is " + expected;
  } else if (kl > most_kl) {
    record.verdict = Verdict::inconclusive;
    record.would_decide = "the same conversion with the routers and small heads left out (quant_predicate)";
  } else {
    record.verdict = Verdict::pass;
  }
}

}  // namespace portwright::battery
