// parity.native: how much precision does the native dtype lose?
// A lost rounding point or a cast in a port of 16 bits is small beside what the dtype loses anyway: only rho, the
// port's error over the reference's, with its scatter over prompts and what correct ports show, can tell.
#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "battery/check.hpp"
#include "battery/logits.hpp"
#include "battery/partners.hpp"
#include "battery/sensitivity.hpp"
#include "battery/words.hpp"
#include "diagnose/precision_bounds.hpp"

namespace portwright::battery {
namespace {

using diagnose::PrecisionFinding;
using diagnose::PrecisionKind;
using diagnose::PrecisionLevel;
using results::Verdict;

constexpr std::size_t prompts_of_batch = 8;
constexpr std::size_t most_batches = 4;
constexpr std::size_t window = 24;

// What a point's bounds depend on, and when it is reached in a forward.
struct PointPlace {
  std::string type;
  std::size_t order = 0;
};
using Places = std::map<std::string, PointPlace>;

// By kind: the starred point.
using Kinds = std::map<std::string, PrecisionKind>;
using Findings = std::map<std::string, PrecisionFinding>;

// Stretches of the run's prompt: side by side first, then wherever the seed says. None where it is too short for them.
std::vector<std::vector<int>> windows_of(const std::vector<int>& prompt, std::size_t batch, std::uint64_t seed) {
  std::vector<std::vector<int>> windows;
  if (prompt.size() < window + prompts_of_batch) return windows;
  const std::size_t last = prompt.size() - window;
  std::mt19937_64 random(seed * most_batches + batch);
  for (std::size_t i = 0; i < prompts_of_batch; ++i) {
    const std::size_t start = batch == 0 ? i * last / (prompts_of_batch - 1) : random() % (last + 1);
    const auto from = prompt.begin() + static_cast<std::ptrdiff_t>(start);
    windows.emplace_back(from, from + static_cast<std::ptrdiff_t>(window));
  }
  return windows;
}

// Both may be exact, as an embedding is: no 16-bit result is asked to be better than half a rounding.
double log_rho(double port, double reference, double unit) {
  constexpr double most = 1e3;
  const double want = std::max(reference, unit);
  const double got = reference < unit ? std::max(port, unit) : port;
  return std::isfinite(got) ? std::log(std::clamp(got / want, 1 / most, most)) : std::log(most);
}

void add_batch(Kinds& kinds, const PromptErrors& port, const PromptErrors& reference, const std::string& dtype,
               const Places& places) {
  const double unit = dtype == "float16" ? 0x1p-13 : 0x1p-10;
  for (const auto& [point, errors] : port) {
    const auto wanted = reference.find(point);
    const auto place = places.find(point);
    if (wanted == reference.end() || place == places.end()) continue;
    const std::size_t mark = point.rfind('#');
    const std::string kind = diagnose::starred(point.substr(0, mark)).path + point.substr(point.rfind(':'));
    kinds[kind].type = place->second.type;
    diagnose::LogRhos& values = kinds[kind].tensors[point];
    for (std::size_t i = 0; i < errors.size(); ++i) values.push_back(log_rho(errors[i], wanted->second[i], unit));
  }
}

// What was not there in every batch has no place beside the others.
void drop_incomplete(Kinds& kinds, std::size_t prompts) {
  for (auto& [kind, tensors] : kinds) {
    std::erase_if(tensors.tensors, [&](const auto& tensor) { return tensor.second.size() != prompts; });
  }
  std::erase_if(kinds, [](const auto& kind) { return kind.second.tensors.empty(); });
}

Findings judged(const Kinds& kinds, std::uint64_t seed) {
  Findings findings;
  for (const auto& [kind, tensors] : kinds) {
    findings[kind] = judge_precision(tensors, diagnose::rho_bounds(tensors.type), seed);
  }
  return findings;
}

bool is_outside(PrecisionLevel level) {
  return level == PrecisionLevel::loses_more || level == PrecisionLevel::too_accurate;
}

// The kind that lies furthest out of those on a level that `wanted` accepts; null where there is none.
template <class Wanted>
const Findings::value_type* furthest(const Findings& findings, const Wanted& wanted) {
  const Findings::value_type* found = nullptr;
  for (const auto& finding : findings) {
    if (!wanted(finding.second.level)) continue;
    if (found == nullptr || std::abs(std::log(finding.second.rho)) > std::abs(std::log(found->second.rho))) {
      found = &finding;
    }
  }
  return found;
}

const char* words_of(PrecisionLevel level) {
  switch (level) {
    case PrecisionLevel::inside:
      return "inside";
    case PrecisionLevel::undecided:
      return "undecided";
    case PrecisionLevel::loses_more:
      return "loses more";
    case PrecisionLevel::too_accurate:
      return "too accurate";
  }
  return "undecided";
}

// By point of the reference. What is wrong in float32 already, or lies at a boundary that the port draws elsewhere, has
// no place: its error is not one of precision.
Places places_of(const std::vector<diagnose::Call>& calls, const diagnose::Judged& judged) {
  Places places;
  std::size_t order = 0;
  for (const diagnose::Event& event : diagnose::timeline(calls)) {
    const diagnose::Call& call = calls[event.call];
    const auto& measurements = event.is_end ? judged.out : judged.in;
    const auto found = measurements.find(event.call);
    ++order;
    if (diagnose::is_mask(call) || found == measurements.end()) continue;
    if (found->second.level() != diagnose::Level::clean) continue;
    places[call.name() + (event.is_end ? ":out" : ":in")] = {diagnose::precision_type(call, event.is_end), order};
  }
  return places;
}

// How many points are wrong in float32.
std::size_t wrong_in_float32(const diagnose::Judged& judged) {
  std::size_t count = 0;
  for (const auto* measurements : {&judged.in, &judged.out}) {
    for (const auto& [call, measurement] : *measurements)
      count += measurement.level() == diagnose::Level::wrong ? 1U : 0U;
  }
  return count;
}

// The kind outside that a forward comes to first: what follows may only have taken it over.
const Findings::value_type* first_outside(const Kinds& kinds, const Findings& findings, const Places& places) {
  const Findings::value_type* found = nullptr;
  std::size_t least = 0;
  for (const auto& finding : findings) {
    if (!is_outside(finding.second.level)) continue;
    for (const auto& [point, values] : kinds.at(finding.first).tensors) {
      const std::size_t order = places.at(point).order;
      if (found != nullptr && order >= least) continue;
      found = &finding;
      least = order;
    }
  }
  return found;
}

results::Series by_kind(const Kinds& kinds, const Findings& findings) {
  results::Series series;
  series.name = "rho by kind";
  series.axes = {"kind"};
  for (const auto& [kind, finding] : findings) {
    const PrecisionKind& tensors = kinds.at(kind);
    series.values.push_back({{"kind", kind},
                             {"rho", finding.mean},
                             {"furthest", finding.rho},
                             {"low", finding.low},
                             {"high", finding.high},
                             {"is", words_of(finding.level)},
                             {"type", tensors.type},
                             {"tensors", tensors.tensors.size()}});
  }
  return series;
}

int bits_of(const std::string& dtype) { return dtype == "float64" ? 64 : dtype == "float32" ? 32 : 16; }

// Arrays of one kind that the port holds in fewer bits than the reference does.
struct Narrowed {
  std::string got;
  std::string want;
  std::vector<int> layers;
};

// Nothing where both sides hold every array of the kind in the same dtype.
std::optional<Narrowed> narrowed(const std::string& kind, Parity& parity, const Sides& native) {
  std::optional<Narrowed> found;
  const bool is_out = kind.ends_with(":out");
  for (const auto& [name, calls] : partners(parity, native)) {
    const diagnose::Starred star = diagnose::starred(calls.reference->path);
    if (star.path + (is_out ? ":out" : ":in") != kind) continue;
    const std::string& got = is_out ? calls.port->out.dtype : calls.port->in.dtype;
    const std::string& want = is_out ? calls.reference->out.dtype : calls.reference->in.dtype;
    if (got.empty() || bits_of(got) >= bits_of(want)) continue;
    if (!found) found = Narrowed{got, want, {}};
    if (star.layer) found->layers.push_back(*star.layer);
  }
  if (found) std::ranges::sort(found->layers);
  return found;
}

struct Precision {
  Kinds kinds;
  Findings findings;
  std::size_t prompts = 0;
};

// Batches of prompts until every kind is decided, or as many as there may be.
Asked<Precision> precision_of(Context& context, const Places& places) {
  const auto undecided = [](PrecisionLevel level) { return level == PrecisionLevel::undecided; };
  Precision found;
  for (std::size_t batch = 0; batch < most_batches; ++batch) {
    const auto windows = windows_of(context.parity.prompt(), batch, context.subject.seed);
    if (windows.empty()) break;
    const auto errors = context.parity.native_by_prompt(windows);
    if (!errors) return tl::unexpected<probe::AskError>(errors.error());
    add_batch(found.kinds, errors->port, errors->reference, context.subject.checkpoint.dtype.name, places);
    found.prompts += windows.size();
    drop_incomplete(found.kinds, found.prompts);
    found.findings = judged(found.kinds, context.subject.seed);
    if (furthest(found.findings, undecided) == nullptr || furthest(found.findings, is_outside) != nullptr) break;
  }
  return found;
}

void conclude(const Precision& found, const Places& places, const std::string& dtype, results::CheckRecord& record) {
  const auto undecided = [](PrecisionLevel level) { return level == PrecisionLevel::undecided; };
  const auto any = [](PrecisionLevel) { return true; };
  record.measured["kinds"] = found.findings.size();
  record.measured["prompts"] = found.prompts;
  if (found.findings.empty()) {
    record.verdict = Verdict::inconclusive;
    record.would_decide = "a prompt of " + std::to_string(window + prompts_of_batch) + " tokens or more";
    return;
  }
  const auto* outside = first_outside(found.kinds, found.findings, places);
  const auto* open = furthest(found.findings, undecided);
  const auto* told = outside != nullptr ? outside : open != nullptr ? open : furthest(found.findings, any);
  const PrecisionFinding& finding = told->second;
  const diagnose::RhoBounds bounds = diagnose::rho_bounds(found.kinds.at(told->first).type);
  record.measured["furthest"] = {
      {"at", finding.at}, {"rho", finding.rho}, {"low", finding.low}, {"high", finding.high}};
  record.threshold["furthest"] = {{"low", bounds.least / diagnose::rho_margin},
                                  {"high", bounds.most * diagnose::rho_margin}};
  record.series.push_back(by_kind(found.kinds, found.findings));

  const std::string numbers = number(finding.rho) + " times (" + number(finding.low) + " to " + number(finding.high) +
                              ") at " + finding.at + "; correct ports show " + number(bounds.least) + " to " +
                              number(bounds.most);
  record.verdict = outside == nullptr && open == nullptr ? Verdict::pass : Verdict::inconclusive;
  if (outside == nullptr && open == nullptr) {
    record.summary += "; on the reference's input at most " + numbers;
  } else if (outside == nullptr) {
    record.summary += "; undecided on the reference's input: " + numbers;
    record.would_decide = "more than " + std::to_string(found.prompts) + " prompts";
  } else if (finding.level == PrecisionLevel::loses_more) {
    record.summary += "; on the reference's input it loses more than " + dtype + " does: " + numbers;
    record.would_decide =
        "parity.modules: a module that is wrong in float32; else a rounding too many in front of " + told->first;
  } else {
    record.summary += "; on the reference's input it is more accurate than " + dtype + " is: " + numbers;
    record.would_decide = "the dtype check: a wider dtype in front of " + told->first;
  }
}

// What loses more than correct ports do fails only where it is also seen why: a cast that the reference does not make.
void look_for_a_cast(const Precision& found, const Places& places, Parity& parity, const Sides& native,
                     results::CheckRecord& record) {
  const auto* outside = first_outside(found.kinds, found.findings, places);
  if (outside == nullptr || outside->second.level != PrecisionLevel::loses_more) return;
  const auto cast = narrowed(outside->first, parity, native);
  if (!cast) return;
  record.verdict = Verdict::fail;
  record.would_decide.reset();
  record.summary += "; the port holds it in " + cast->got + ", the reference in " + cast->want;
  record.measured["cast"] = {{"port", cast->got}, {"reference", cast->want}};
  const std::string module = diagnose::module_of(outside->first.substr(0, outside->first.rfind(':')));
  record.culprit = results::Culprit{module, std::nullopt, cast->layers, std::nullopt};
}

// A fault is seen where the same rule, on as many prompts as a run begins with, finds a kind outside.
Asked<FaultSeen> look_for(Context& context, const Places& places, const std::vector<std::vector<int>>& windows,
                          const Asked<FaultyBatch>& right, const std::string& fault) {
  if (!right) return tl::unexpected<probe::AskError>(right.error());
  const auto faulty = context.parity.faulty_by_prompt(windows, fault);
  if (!faulty) return tl::unexpected<probe::AskError>(faulty.error());
  Kinds kinds;
  add_batch(kinds, faulty->reference, right->reference, context.subject.checkpoint.dtype.name, places);
  drop_incomplete(kinds, windows.size());
  const Findings findings = judged(kinds, context.subject.seed);
  const auto* outside = furthest(findings, is_outside);
  const auto* told = outside != nullptr ? outside : furthest(findings, [](PrecisionLevel) { return true; });
  return FaultSeen{faulty->injected, told == nullptr ? 1 : told->second.rho, outside != nullptr};
}

}  // namespace

void check_native(Context& context, results::CheckRecord& record) {
  const std::string& dtype = context.subject.checkpoint.dtype.name;
  if (dtype == "float32") {
    record.verdict = Verdict::not_compared;
    record.summary = "the checkpoint's dtype is float32: parity.logits has measured it";
    return;
  }
  const auto sides = context.parity.native();
  if (!sides) return conclude_unanswered(record, sides.error());
  const PointError* port = logits_of((*sides)->port, "port", record);
  const PointError* reference = logits_of((*sides)->reference, "reference", record);
  if (port == nullptr || reference == nullptr || told_of_nonsense(*port, record)) return;

  const double rho = port->relative_l2 / reference->relative_l2;
  record.measured = {{"rho", rho},
                     {"relative_l2", port->relative_l2},
                     {"reference_relative_l2", reference->relative_l2},
                     {"max_ratio", port->max_ratio},
                     {"scale", port->scale}};
  record.summary =
      number(port->relative_l2) + " from float64, " + number(rho) + " times what the reference loses in " + dtype;

  const auto truth = context.parity.truth();
  if (!truth) return conclude_unanswered(record, truth.error());
  const auto semantics = context.parity.forced();
  if (!semantics) return conclude_unanswered(record, semantics.error());
  const Places places = places_of((*truth)->trace().calls, (*semantics)->judged);
  const auto found = precision_of(context, places);
  if (!found) {
    // The logits are measured; that modules could not be forced in this dtype is no finding about the port.
    record.verdict = Verdict::inconclusive;
    record.would_decide = "a forced forward in " + dtype + ", which broke: " + found.error().error.sentence;
    return;
  }
  conclude(*found, places, dtype, record);
  if (const std::size_t wrong = wrong_in_float32((*semantics)->judged); wrong > 0) {
    // What is wrong anyway is none of this check's, but a pass beside it would be read as one of the whole.
    record.measured["wrong_in_float32"] = wrong;
    record.summary += "; " + counted(wrong, "array") + " wrong in float32 already and not judged here";
    record.verdict = Verdict::inconclusive;
    record.would_decide = "the same check once parity.modules passes";
  } else {
    look_for_a_cast(*found, places, context.parity, **sides, record);
  }
  if (found->findings.empty()) return;
  const auto windows = windows_of(context.parity.prompt(), 0, context.subject.seed);
  const auto right = context.parity.faulty_by_prompt(windows, {});
  const auto look = [&](const std::string& fault) { return look_for(context, places, windows, right, fault); };
  tell_sensitivity("rho", look, record);
}

}  // namespace portwright::battery
