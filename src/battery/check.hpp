// The table of checks: what each asks, what it costs and which function answers.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "battery/parity.hpp"
#include "battery/session.hpp"
#include "battery/subject.hpp"
#include "results/check_record.hpp"

namespace portwright::battery {

class Generations;

// What a check works with. Checks run in the order of the table and share what was measured before them.
struct Context {
  Session& session;
  const Subject& subject;
  Parity& parity;
  // Shared by the behaviour checks; set by the first of them.
  Generations* generations = nullptr;
};

// Fills verdict, summary and measurements of a record whose id, lane and gate are set.
using Run = void (*)(Context&, results::CheckRecord&);

struct Check {
  std::string_view id;
  std::string_view lane;
  std::string_view question;
  std::string_view cost;   // "seconds", "a minute": on two cores, for a checkpoint of 100 million parameters
  Effort effort;           // the least effort that runs it
  std::string_view needs;  // what it cannot do without: "a tokenizer"
  bool gates;
  bool loads_port;  // not run where the port does not load
  Run run;
};

[[nodiscard]] std::span<const Check> checks();

// The record's verdict for a request that gave no answer: the port's own exception is a fail, what a backend cannot do
// is not compared, everything else is an error of the check.
void conclude_unanswered(results::CheckRecord& record, const probe::AskError& error);

void check_load(Context& context, results::CheckRecord& record);
void check_tokens(Context& context, results::CheckRecord& record);
void check_dtype(Context& context, results::CheckRecord& record);
void check_logits(Context& context, results::CheckRecord& record);
void check_native(Context& context, results::CheckRecord& record);
void check_modules(Context& context, results::CheckRecord& record);
void check_rope(Context& context, results::CheckRecord& record);
void check_divergence(Context& context, results::CheckRecord& record);
void check_greedy(Context& context, results::CheckRecord& record);
void check_long(Context& context, results::CheckRecord& record);
void check_quantized(Context& context, results::CheckRecord& record);
void check_canary(Context& context, results::CheckRecord& record);

}  // namespace portwright::battery
