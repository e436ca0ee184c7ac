// Is what was measured the same program that users run?
// The port worker may run with a preloaded BLAS, patched products and hooked modules. One forward in an untouched
// process must agree with it; if it does not, no other number of the run means anything.
#include <tuple>
#include <utility>

#include "battery/check.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using probe::Side;
using results::Verdict;

constexpr std::size_t canary_tokens = 16;

Json canary_request(const std::vector<int>& prompt) {
  const std::vector<int> ids(prompt.begin(),
                             prompt.begin() + static_cast<std::ptrdiff_t>(std::min(canary_tokens, prompt.size())));
  return plain_forward(ids);
}

struct Against {
  double relative_l2 = 0;
  std::size_t rows = 0;
};

// Both answers hold "logits"; nothing where one does not.
std::optional<Against> difference(const Measured& got, const Measured& want) {
  const auto open = [](const Measured& answer) -> std::optional<checkpoint::MappedTensors> {
    for (const auto& file : answer.files) {
      auto mapped = checkpoint::MappedTensors::open(file);
      if (mapped && mapped->find("logits") != nullptr) return std::move(*mapped);
    }
    return std::nullopt;
  };
  const auto got_file = open(got);
  const auto want_file = open(want);
  if (!got_file || !want_file) return std::nullopt;
  const auto a = view_of(*got_file, *got_file->find("logits"));
  const auto b = view_of(*want_file, *want_file->find("logits"));
  if (!a || !b || a->view.rows != b->view.rows || a->view.columns != b->view.columns) return std::nullopt;
  return Against{compare::compare(a->view, b->view).all.relative_l2(), a->view.rows};
}

// The untouched process's answer and the port worker's. Both at once: each compiles the same functions anew, which
// takes longer than the forward.
std::pair<MeasuredOr, MeasuredOr> ask_both(Session& session, Form form, const Json& request) {
  Pending untouched = session.begin(Side::canary, form, request);
  MeasuredOr measured = session.ask(Side::port, form, request);
  return {session.finish(std::move(untouched)), std::move(measured)};
}

}  // namespace

void check_canary(Context& context, results::CheckRecord& record) {
  const Json request = canary_request(context.parity.prompt());
  Form form = context.subject.checkpoint.dtype.name == "float32" ? Form::float32 : Form::native;
  auto [untouched, measured] = ask_both(context.session, form, request);
  if (!untouched && form == Form::native && untouched.error().kind != "died") {
    // Some products exist in float32 only on a CPU (gather_mm); the untouched process cannot run bfloat16 there.
    record.measured["native_refused"] = untouched.error().error.sentence;
    form = Form::float32;
    std::tie(untouched, measured) = ask_both(context.session, form, request);
  }
  if (!untouched) return conclude_unanswered(record, untouched.error());
  if (!measured) return conclude_unanswered(record, measured.error());
  const auto found = difference(*measured, *untouched);
  context.session.unload(Side::canary, form);
  if (!found) {
    record.verdict = Verdict::error;
    record.summary = "the untouched process gave no logits of the same shape";
    return;
  }

  // Two correct programs differ by no more than what a correct one loses against the truth.
  const auto sides = form == Form::native ? context.parity.native() : context.parity.free_run();
  if (!sides) return conclude_unanswered(record, sides.error());
  const auto reference = (*sides)->reference.find("logits");
  const double noise = reference == (*sides)->reference.end() ? diagnose::least_floor : reference->second.relative_l2;
  const double limit =
      form == Form::native ? 2 * noise : diagnose::wrong_over_floor * std::max(noise, diagnose::least_floor);
  record.measured["relative_l2"] = found->relative_l2;
  record.measured["dtype"] = form == Form::native ? context.subject.checkpoint.dtype.name : "float32";
  record.measured["positions"] = found->rows;
  record.threshold = {{"relative_l2", limit}};
  record.verdict = found->relative_l2 <= limit ? Verdict::pass : Verdict::fail;
  record.summary = number(found->relative_l2) + " between the measured and an untouched process in " +
                   record.measured["dtype"].get<std::string>() + "; the reference loses " + number(noise) + " there";
}

}  // namespace portwright::battery
