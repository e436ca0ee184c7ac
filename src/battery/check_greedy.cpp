// Do both sides write the same text, and where they part, did the reference have a choice?
// Greedy texts of correct ports part at ties; counting equal tokens calls that a bug, and calling every difference a
// tie hides one. The reference's top-2 margin in units of the measured noise tells them apart.
#include <algorithm>
#include <cmath>

#include "battery/check.hpp"
#include "battery/generations.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using probe::Side;
using results::Verdict;

// A margin is a difference of two logits: noise beyond four sigma in one of a few hundred steps is no chance.
constexpr double tie_sigma = 4;
constexpr double wrong_sigma = 8;

struct Disagreement {
  std::size_t step = 0;
  double sigma = 0;  // the reference's margin over the noise
};

// A right port loses about what the reference loses. What one loses beyond twice that is no noise: a bug would widen
// its own tolerance (a wrong rope_theta did, to 8.9 times, and every wrong choice became a tie).
constexpr double most_of_the_reference = 2;

// Standard deviation of the difference of two logits at the position where the sides lose most against the truth: the
// clearest of all choices is judged, and a token that 16 bits send to another expert loses far more.
Asked<double> margin_noise(Parity& parity) {
  const auto sides = parity.native();
  if (!sides) return tl::unexpected<probe::AskError>(sides.error());
  const auto loss = [](const PointErrors& errors) {
    const auto found = errors.find("logits");
    return found == errors.end() ? 0.0 : found->second.worst_row_rms;
  };
  const double reference = loss((*sides)->reference);
  const double port = std::min(loss((*sides)->port), most_of_the_reference * reference);
  return std::sqrt(2 * (reference * reference + port * port));
}

// Every step of the reference's text at which the port, fed that text, would have chosen otherwise.
Asked<std::vector<Disagreement>> disagreements(Context& context, const Generation& reference, std::size_t steps,
                                               double noise) {
  std::vector<int> ids = context.parity.prompt();
  const std::size_t prompt = ids.size();
  ids.insert(ids.end(), reference.ids.begin(), reference.ids.begin() + static_cast<std::ptrdiff_t>(steps));
  const MeasuredOr answer =
      context.session.ask(Side::port, Form::native, Json{{"do", "score"}, {"ids", ids}, {"from", prompt}});
  if (!answer) return tl::unexpected<probe::AskError>(answer.error());
  std::vector<Disagreement> found;
  const Json& top = answer->ok.at("top");
  for (std::size_t step = 0; step < std::min(steps, top.size()); ++step) {
    if (top[step].at(0) != reference.ids[step]) found.push_back({step, reference.margins[step] / noise});
  }
  return found;
}

}  // namespace

void check_greedy(Context& context, results::CheckRecord& record) {
  const auto reference = context.generations->reference();
  if (!reference) return conclude_unanswered(record, reference.error());
  const auto port = context.generations->port();
  if (!port) return conclude_unanswered(record, port.error());

  const auto steps = std::min({static_cast<std::size_t>(lengths(context.subject.effort).greedy),
                               (*reference)->ids.size(), (*port)->ids.size()});
  const auto parted = std::mismatch(
      (*reference)->ids.begin(), (*reference)->ids.begin() + static_cast<std::ptrdiff_t>(steps), (*port)->ids.begin());
  const auto equal = static_cast<std::size_t>(parted.first - (*reference)->ids.begin());
  record.measured = {{"tokens", steps},
                     {"equal_until", equal},
                     {"reference_text", (*reference)->text},
                     {"port_text", (*port)->text},
                     {"port_seconds_per_token", (*port)->seconds_per_token}};
  record.threshold = {{"tie_sigma", tie_sigma}, {"wrong_sigma", wrong_sigma}};
  if (equal == steps) {
    record.verdict = Verdict::pass;
    record.summary = grouped(steps) + " of " + counted(steps, "token") + " equal";
    return;
  }

  const auto noise = margin_noise(context.parity);
  if (!noise) return conclude_unanswered(record, noise.error());
  const auto found = disagreements(context, **reference, steps, *noise);
  if (!found) return conclude_unanswered(record, found.error());
  const double at_parting = (*reference)->margins[equal] / *noise;
  double worst = at_parting;
  for (const Disagreement& one : *found) worst = std::max(worst, one.sigma);
  record.where["step"] = equal;
  record.measured["margin_noise"] = *noise;
  record.measured["margin_sigma"] = at_parting;
  record.measured["other_choices_on_the_references_text"] = found->size();
  record.measured["worst_margin_sigma"] = worst;
  record.summary = "differs at token " + grouped(equal) + ", the reference's margin there is " + number(at_parting) +
                   " sigma; on the reference's own text " + grouped(found->size()) + " of " + grouped(steps) +
                   " choices differ, the clearest at " + number(worst) + " sigma";
  if (worst <= tie_sigma) {
    record.verdict = Verdict::pass;
    record.summary += ": ties";
  } else if (worst > wrong_sigma) {
    record.verdict = Verdict::fail;
  } else {
    record.verdict = Verdict::inconclusive;
    record.would_decide = "more tokens (--effort full): a wrong port goes on choosing against clear margins";
  }
}

}  // namespace portwright::battery
