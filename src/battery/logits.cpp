#include "battery/logits.hpp"

#include <algorithm>
#include <numeric>

namespace portwright::battery {
namespace {

tl::unexpected<probe::AskError> without_logits(Error error) {
  return tl::unexpected<probe::AskError>(probe::AskError{std::move(error), "internal", {}});
}

}  // namespace

Asked<Logits> logits_of(Context& context, probe::Side side, Form form) {
  const Json request = plain_forward(context.parity.prompt());
  MeasuredOr answer = side == probe::Side::reference ? context.session.ask_reference(form, request)
                                                     : context.session.ask(side, form, request);
  if (!answer) return tl::unexpected<probe::AskError>(std::move(answer.error()));
  for (const auto& file : answer->files) {
    auto mapped = checkpoint::MappedTensors::open(file);
    if (!mapped) return without_logits(mapped.error());
    const checkpoint::TensorInfo* info = mapped->find("logits");
    if (info == nullptr) continue;
    if (const auto view = view_of(*mapped, *info)) {
      const std::string dtype = answer->ok.value("logits", Json::object()).value("dtype", "");
      return Logits{std::move(*answer), std::move(*mapped), *view, dtype};
    }
  }
  return without_logits(Error{Fault::worker, "the " + std::string(probe::name(side)) + " gave no logits", {}, {}});
}

double mean(const std::vector<double>& values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

Json thinned(const std::vector<double>& values) {
  constexpr std::size_t most = 512;
  const std::size_t step = values.size() / most + 1;
  Json kept = Json::array();
  for (std::size_t i = 0; i < values.size(); i += step) kept.push_back(values[i]);
  return kept;
}

double top_1_agreement(const compare::LogitsComparison& rows) {
  if (rows.kl.empty()) return 1;
  std::size_t same = 0;
  for (std::size_t row = 0; row < rows.kl.size(); ++row) same += rows.got_top[row] == rows.want_top[row] ? 1U : 0U;
  return static_cast<double>(same) / static_cast<double>(rows.kl.size());
}

}  // namespace portwright::battery
