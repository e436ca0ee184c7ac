// Several prompts at once in the native dtype, every module on the truth's input: errors by prompt, so that their
// scatter is known.
#include "battery/parity.hpp"

namespace portwright::battery {
namespace {

using Prompts = std::vector<std::vector<int>>;

// Rows of one prompt lie together. The median row: where two experts tie, rounding chooses another for a row or two,
// and their error is one of choice, a thousand times that of precision. An array whose rows cannot be shared out among
// the prompts has no entry.
PromptErrors errors_by_prompt(const PointErrors& errors, std::size_t prompts) {
  PromptErrors result;
  for (const auto& [point, error] : errors) {
    if (!error.same_shape || error.by_row.empty() || error.by_row.size() % prompts != 0) continue;
    const auto rows = static_cast<std::ptrdiff_t>(error.by_row.size() / prompts);
    std::vector<double>& by_prompt = result[point];
    by_prompt.reserve(prompts);
    for (auto row = error.by_row.begin(); row != error.by_row.end(); row += rows) {
      by_prompt.push_back(diagnose::median({row, row + rows}));
    }
  }
  return result;
}

}  // namespace

Asked<const Truth*> Parity::truth_of(const Prompts& prompts) {
  if (batch_truth_ && batch_ == prompts) return &*batch_truth_;
  Json request = forward_request({"*"}, "none");
  request["ids"] = prompts;
  MeasuredOr answer = session_.ask_reference(Form::float64, request);
  session_.unload(probe::Side::reference, Form::float64);
  if (!answer) return tl::unexpected<probe::AskError>(std::move(answer.error()));
  auto truth = Truth::open(std::move(*answer));
  if (!truth) return tl::unexpected<probe::AskError>(probe::AskError{std::move(truth.error()), "internal", {}});
  batch_truth_ = std::move(*truth);
  batch_ = prompts;
  return &*batch_truth_;
}

Json Parity::native_request(probe::Side side, const Prompts& prompts, const Truth& truth) const {
  Json request = forward_request(side == probe::Side::port ? aligned_globs() : Json::array({"*"}), "none");
  // The reference's weights are rounded to 16 bits, which those that are made again for the port are not.
  request["capture"].push_back("!*.@attention_weights");
  request["ids"] = prompts;
  const std::vector<diagnose::Event> own =
      side == probe::Side::port ? forced_->left_out : std::vector<diagnose::Event>();
  request["force"] = force_on(side, own, truth);
  return request;
}

Asked<FaultyBatch> Parity::reference_by_prompt(const Prompts& prompts, const Truth& truth, const std::string& fault) {
  Json request = native_request(probe::Side::reference, prompts, truth);
  if (!fault.empty()) request["fault"] = fault;
  Json identity = request;
  identity["force"].erase("files");
  const std::string what = "native, the median row by prompt: " + identity.dump();
  if (const std::optional<Json> known = session_.recall(what)) {
    return FaultyBatch{known->at("errors").get<PromptErrors>(), known->at("injected")};
  }
  Comparer comparer(truth);
  const MeasuredOr answer = session_.ask(probe::Side::reference, Form::native, request, comparer.sink());
  if (!answer) return tl::unexpected<probe::AskError>(answer.error());
  FaultyBatch batch{errors_by_prompt(comparer.errors(), prompts.size()), answer->ok.value("injected", 0)};
  session_.remember(what, Json{{"errors", batch.reference}, {"injected", batch.injected}});
  return batch;
}

Asked<FaultyBatch> Parity::faulty_by_prompt(const Prompts& prompts, const std::string& fault) {
  if (const auto where = forced(); !where) return tl::unexpected<probe::AskError>(where.error());
  const auto truth = truth_of(prompts);
  if (!truth) return tl::unexpected<probe::AskError>(truth.error());
  return reference_by_prompt(prompts, **truth, fault);
}

Asked<NativeBatch> Parity::native_by_prompt(const Prompts& prompts) {
  auto reference = faulty_by_prompt(prompts, {});
  if (!reference) return tl::unexpected<probe::AskError>(std::move(reference.error()));
  Comparer port(*batch_truth_, port_naming());
  const MeasuredOr answer = session_.ask(probe::Side::port, Form::native,
                                         native_request(probe::Side::port, prompts, *batch_truth_), port.sink());
  if (!answer) return tl::unexpected<probe::AskError>(answer.error());
  return NativeBatch{errors_by_prompt(port.errors(), prompts.size()), std::move(reference->reference)};
}

}  // namespace portwright::battery
