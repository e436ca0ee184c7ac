#include <array>

#include "battery/check.hpp"

namespace portwright::battery {
namespace {

constexpr std::array table{
    Check{"load", "load", "Are all weights used, and is no parameter left random?", "seconds", Effort::quick, "", true,
          false, check_load},
    Check{"tokens", "text", "Do both sides see the same token ids?", "a second", Effort::quick, "a tokenizer", true,
          false, check_tokens},
    Check{"parity.logits", "semantics", "Are the logits right in float32, against a float64 reference?", "seconds",
          Effort::quick, "", true, true, check_logits},
    Check{"parity.modules", "semantics", "Which module is wrong on the reference's own input?", "seconds",
          Effort::quick, "", true, true, check_modules},
    Check{"rope.sweep", "semantics", "Do queries and keys turn as the reference and the config say, at every position?",
          "a second", Effort::quick, "", true, true, check_rope},
    Check{"dtype", "precision", "Does the port compute and answer in the dtype of its weights?", "seconds",
          Effort::quick, "", true, true, check_dtype},
    Check{"parity.native", "precision", "How much precision does the native dtype lose, beside the reference?",
          "seconds", Effort::quick, "a native dtype other than float32", false, true, check_native},
    Check{"behaviour.kl", "behaviour", "How far are the next-token probabilities apart in the native dtype?", "seconds",
          Effort::quick, "", false, true, check_divergence},
    Check{"behaviour.greedy", "behaviour", "Do both sides write the same text, and where they part, was it a tie?",
          "half a minute", Effort::quick, "", false, true, check_greedy},
    Check{"behaviour.long", "behaviour", "Does the port still write well after many tokens?", "half a minute",
          Effort::standard, "", false, true, check_long},
    Check{"canary", "precision", "Is what was measured the program that users run?", "seconds", Effort::quick, "", true,
          true, check_canary},
    Check{"quant.4bit", "precision", "Does the port survive a 4-bit conversion?", "half a minute", Effort::standard, "",
          true, true, check_quantized},
};

}  // namespace

std::span<const Check> checks() { return table; }

void conclude_unanswered(results::CheckRecord& record, const probe::AskError& error) {
  using results::Verdict;
  record.verdict = error.kind == "port"          ? Verdict::fail
                   : error.kind == "unsupported" ? Verdict::not_compared
                                                 : Verdict::error;
  record.summary = error.error.sentence;
  if (!error.error.detail.empty()) record.measured["last_lines"] = error.error.detail;
  if (!error.error.remedy.empty()) record.measured["remedy"] = error.error.remedy;
  record.measured["kind"] = error.kind;
  if (error.kind == "port" && !error.where.empty()) {
    record.culprit = results::Culprit{"(root)", std::nullopt, {}, error.where};
  }
}

}  // namespace portwright::battery
