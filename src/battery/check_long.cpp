// Does the port still write well after many tokens?
// A lost RoPE scaling, a cache that is off by one or a window that is not rotated reads fine for a page and then falls
// into loops; the reference's perplexity of the port's text sees it, beside the same numbers of the reference's own.
#include <cmath>
#include <numeric>

#include "battery/check.hpp"
#include "battery/generations.hpp"
#include "battery/text_statistics.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using results::Verdict;

// Perplexity of a continuation under the reference, in float32: nothing of the number is rounding.
Asked<double> perplexity(Context& context, const std::vector<int>& continuation) {
  std::vector<int> ids = context.parity.prompt();
  const std::size_t prompt = ids.size();
  ids.insert(ids.end(), continuation.begin(), continuation.end());
  const MeasuredOr answer =
      context.session.ask_reference(Form::float32, Json{{"do", "score"}, {"ids", ids}, {"from", prompt}});
  if (!answer) return tl::unexpected<probe::AskError>(answer.error());
  double sum = 0;
  std::size_t count = 0;
  for (const Json& logprob : answer->ok.at("logprob")) {
    if (!logprob.is_number()) continue;
    sum += logprob.get<double>();
    ++count;
  }
  return count == 0 ? 1 : std::exp(-sum / static_cast<double>(count));
}

Json statistics(const std::vector<int>& ids, double perplexity_under_reference) {
  return Json{{"repetition", repetition(ids)},
              {"distinct_1", distinct(ids, 1)},
              {"distinct_2", distinct(ids, 2)},
              {"distinct_3", distinct(ids, 3)},
              {"perplexity", perplexity_under_reference}};
}

}  // namespace

void check_long(Context& context, results::CheckRecord& record) {
  const auto reference = context.generations->reference();
  if (!reference) return conclude_unanswered(record, reference.error());
  const auto port = context.generations->port();
  if (!port) return conclude_unanswered(record, port.error());
  const auto reference_perplexity = perplexity(context, (*reference)->ids);
  if (!reference_perplexity) return conclude_unanswered(record, reference_perplexity.error());
  const auto port_perplexity =
      (*port)->ids == (*reference)->ids ? reference_perplexity : perplexity(context, (*port)->ids);
  if (!port_perplexity) return conclude_unanswered(record, port_perplexity.error());

  // Fixed margins: texts of correct ports that part at a tie differ by less than a tenth in both.
  constexpr double most_perplexity_ratio = 1.5;
  constexpr double most_more_repetition = 0.25;
  const double ratio = *port_perplexity / *reference_perplexity;
  const double more_repetition = repetition((*port)->ids) - repetition((*reference)->ids);
  record.measured = {{"tokens", (*port)->ids.size()},
                     {"port", statistics((*port)->ids, *port_perplexity)},
                     {"reference", statistics((*reference)->ids, *reference_perplexity)},
                     {"perplexity_ratio", ratio},
                     {"port_text", (*port)->text},
                     {"reference_text", (*reference)->text}};
  record.threshold = {{"perplexity_ratio", most_perplexity_ratio}, {"more_repetition", most_more_repetition}};
  record.verdict =
      ratio <= most_perplexity_ratio && more_repetition <= most_more_repetition ? Verdict::pass : Verdict::fail;
  record.summary = counted((*port)->ids.size(), "token") + ", perplexity under the reference " +
                   number(*port_perplexity) + " (its own text " + number(*reference_perplexity) + "), repetition " +
                   number(repetition((*port)->ids)) + " (" + number(repetition((*reference)->ids)) + ")";
}

}  // namespace portwright::battery
