// How far are the next-token probabilities of both sides apart in the native dtype, at every position of one text?
// This is what people look at first, and what cannot decide: a scale 2 % off hides below what bfloat16 loses. So it is
// shown beside what the reference itself loses, and it gates nothing.
#include <algorithm>
#include <cmath>

#include "battery/check.hpp"
#include "battery/logits.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using probe::Side;
using results::Verdict;

// A right port is about as far from the truth as the reference's native dtype is. Divergence grows with the square of
// the error, of which correct ports show up to 1.35 times the reference's.
constexpr double most_over_reference = 4;
constexpr double tie_margin = 4;  // sigma, as in behaviour.greedy

Json percentiles(const std::vector<double>& kl) {
  return Json{{"mean", mean(kl)}, {"p99", percentile(kl, 0.99)}, {"p99_9", percentile(kl, 0.999)}};
}

std::vector<std::size_t> best_five(const compare::View& logits) {
  const std::vector<double> all = compare::values(logits);
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto five = order.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(5, order.size()));
  std::partial_sort(order.begin(), five, order.end(),
                    [&](std::size_t a, std::size_t b) { return all[a] != all[b] ? all[a] > all[b] : a < b; });
  order.erase(five, order.end());
  return order;
}

compare::View last_row(const compare::View& view) {
  const auto* data = static_cast<const char*>(view.data);
  return {view.dtype, data + (view.rows - 1) * view.columns * compare::size_of(view.dtype), 1, view.columns};
}

// What rules of thumb look at: both sides in the native dtype, the last token alone but for the maximum.
Json rules_of_thumb(const compare::View& port, const compare::View& reference) {
  const compare::View got = last_row(port);
  const compare::View want = last_row(reference);
  const std::vector<std::size_t> ours = best_five(got);
  const std::vector<std::size_t> theirs = best_five(want);
  const auto shared = std::ranges::count_if(ours, [&](std::size_t id) { return std::ranges::count(theirs, id) > 0; });
  const double last = compare::compare(got, want).all.relative_l2();
  return Json{{"max_ratio", compare::compare(port, reference).all.max_ratio()},
              {"last_top_1_equal", ours.front() == theirs.front()},
              {"last_top_5_shared", shared},
              {"last_nmse", last * last}};
}

}  // namespace

void check_divergence(Context& context, results::CheckRecord& record) {
  const Form form = context.subject.checkpoint.dtype.name == "float32" ? Form::float32 : Form::native;
  const auto truth = context.parity.truth();
  if (!truth) return conclude_unanswered(record, truth.error());
  const auto want = (*truth)->find("logits");
  const auto reference = logits_of(context, Side::reference, form);
  if (!reference) return conclude_unanswered(record, reference.error());
  const auto port = logits_of(context, Side::port, form);
  if (!port) return conclude_unanswered(record, port.error());
  const auto fits = [&](const Logits& logits) {
    return want && logits.tensor.view.rows == want->view.rows && logits.tensor.view.columns == want->view.columns;
  };
  if (!fits(*port) || !fits(*reference) || want->view.rows == 0) {
    record.verdict = Verdict::not_compared;
    record.summary = "the logits have another shape than the reference's; parity.logits says so";
    return;
  }

  const compare::LogitsComparison ours = compare::compare_logits(port->tensor.view, want->view);
  const compare::LogitsComparison theirs = compare::compare_logits(reference->tensor.view, want->view);
  const compare::Metrics error = compare::compare(port->tensor.view, want->view).all;
  // Of the difference of two logits, each with the error of both sides, where the reference loses most.
  const double noise = 2 * worst_row_rms(compare::compare(reference->tensor.view, want->view), want->view.columns);
  std::size_t beyond_ties = 0;
  for (std::size_t row = 0; row < ours.kl.size(); ++row) {
    if (ours.got_top[row] != ours.want_top[row] && ours.want_margin[row] > tie_margin * noise) ++beyond_ties;
  }
  const double over = mean(ours.kl) / std::max(mean(theirs.kl), 1e-12);
  record.measured = {{"kl", percentiles(ours.kl)},
                     {"reference_kl", percentiles(theirs.kl)},
                     {"over_reference", over},
                     {"top_1_agreement", top_1_agreement(ours)},
                     {"reference_top_1_agreement", top_1_agreement(theirs)},
                     {"other_choices_beyond_ties", beyond_ties},
                     {"nmse_db", 20 * std::log10(std::max(error.relative_l2(), 1e-30))},
                     {"rules_of_thumb", rules_of_thumb(port->tensor.view, reference->tensor.view)}};
  record.threshold = {{"over_reference", most_over_reference}, {"tie_sigma", tie_margin}};
  record.series.push_back(
      {"KL of the next token by position", "nats", {"position"}, thinned(ours.kl), mean(theirs.kl), {}});
  record.summary = number(mean(ours.kl)) + " nats from float64 on average, 99.9 % below " +
                   number(percentile(ours.kl, 0.999)) + "; the reference's own " +
                   context.subject.checkpoint.dtype.name + " is " + number(mean(theirs.kl)) + " away";
  record.verdict = over <= most_over_reference && beyond_ties == 0 ? Verdict::pass : Verdict::inconclusive;
  if (record.verdict == Verdict::inconclusive) {
    record.would_decide = "parity.logits and parity.modules: float32, where a bug is not hidden by what bfloat16 loses";
  }
}

}  // namespace portwright::battery
