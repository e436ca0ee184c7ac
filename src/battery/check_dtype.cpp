// Does the port compute and answer in the dtype of its weights?
// One float32 norm weight, or a constant array of float32 in the forward, makes every product behind it float32: up to
// five times slower, right in every number, and nobody is told (mlx-lm #902, #931, #951).
#include <map>

#include "battery/check.hpp"
#include "battery/partners.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using diagnose::Call;

struct Widened {
  std::string module;
  std::vector<int> layers;
  std::string dtype;
};

// The module that first makes an array of another dtype than the reference's, from one that still has it.
std::optional<Widened> first_widened(const Trace& port, const std::map<std::string, Partners>& partner_of,
                                     const std::string& expected) {
  std::optional<Widened> found;
  for (const diagnose::Event& event : diagnose::timeline(port.calls)) {
    const Call& call = port.calls[event.call];
    // A port may compute attention in a wider dtype and hand on the native one; what it hands on, the next module gets.
    if (!diagnose::function_of(call.path).empty()) continue;
    const auto partner = partner_of.find(call.name());
    if (partner == partner_of.end()) continue;
    const Call& wanted = *partner->second.reference;
    const std::string& got_dtype = event.is_end ? call.out.dtype : call.in.dtype;
    const std::string& want_dtype = event.is_end ? wanted.out.dtype : wanted.in.dtype;
    if (got_dtype.empty() || got_dtype == want_dtype || want_dtype != expected) continue;
    // An output that follows an input already widened is no news.
    if (event.is_end && !call.in.dtype.empty() && call.in.dtype != wanted.in.dtype) continue;
    const std::string maker =
        event.is_end ? wanted.path : diagnose::path_of(wanted.parent.empty() ? wanted.name() : wanted.parent);
    const diagnose::Starred star = diagnose::starred(maker);
    if (!found) found = Widened{star.path, {}, got_dtype};
    if (found->module == star.path && star.layer && (found->layers.empty() || found->layers.back() < *star.layer)) {
      found->layers.push_back(*star.layer);
    }
  }
  return found;
}

}  // namespace

void check_dtype(Context& context, results::CheckRecord& record) {
  const checkpoint::ExpectedDtype& expected = context.subject.checkpoint.dtype;
  const auto aligned = context.parity.alignment();
  if (!aligned) return conclude_unanswered(record, aligned.error());
  const auto sides = context.parity.native();
  if (!sides) return conclude_unanswered(record, sides.error());
  const Trace& reference = (*sides)->reference_trace;
  const Trace& port = (*sides)->port_trace;

  const auto out_of = [](const Trace& trace) {
    return trace.calls.empty() ? std::string() : trace.calls.front().out.dtype;
  };
  const std::string got = out_of(port);
  record.measured = {{"logits", got}, {"reference_logits", out_of(reference)}};
  record.threshold = {{"expected", expected.name}, {"source", expected.source}};

  const auto widened = first_widened(port, partners(context.parity, **sides), expected.name);
  if (widened) {
    record.culprit = results::Culprit{widened->module, std::nullopt, widened->layers, std::nullopt};
    record.measured["first_widened"] = {{"module", widened->module}, {"dtype", widened->dtype}};
  }
  if (got == expected.name && !widened) {
    record.verdict = results::Verdict::pass;
    record.summary = got + " out, as " + expected.source;
  } else if (got != expected.name) {
    record.verdict = results::Verdict::fail;
    record.summary = got + " out where " + expected.source + " says " + expected.name;
    if (widened) record.summary += "; " + widened->dtype + " begins at " + widened->module;
  } else {
    record.verdict = results::Verdict::fail;
    record.summary = got + " out, but " + widened->dtype + " inside, from " + widened->module +
                     " on, where the reference stays in " + expected.name;
  }
}

}  // namespace portwright::battery
