// The greedy continuations of both sides, made once for all behaviour checks.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "battery/parity.hpp"
#include "battery/subject.hpp"

namespace portwright::battery {

struct Generation {
  std::vector<int> ids;
  std::vector<double> margins;  // top-2 margin of the logits at each step
  double seconds_per_token = 0;
  std::string text;  // empty without a tokenizer
};

class Generations {
 public:
  // meanwhile: what a processor that waits for the other side can do; called where it is not needed here.
  Generations(Session& session, const Subject& subject, std::vector<int> prompt, std::function<void()> meanwhile)
      : session_(session), subject_(subject), prompt_(std::move(prompt)), meanwhile_(std::move(meanwhile)) {}

  // Each at its first question, through the side's own generation entry point; lengths(effort).generated tokens, also
  // past an end-of-text token.
  [[nodiscard]] Asked<const Generation*> reference();
  [[nodiscard]] Asked<const Generation*> port();
  [[nodiscard]] const std::vector<int>& prompt() const { return prompt_; }
  [[nodiscard]] Json request(int tokens) const;

 private:
  [[nodiscard]] Asked<Generation> taken(MeasuredOr answer);
  // The reference's, and the port's beside it where both are small.
  void make();

  Session& session_;
  const Subject& subject_;
  std::vector<int> prompt_;
  std::function<void()> meanwhile_;
  std::optional<Asked<Generation>> reference_;
  std::optional<Asked<Generation>> port_;
};

// The text of generated ids through the reference's tokenizer; empty without one.
[[nodiscard]] std::string text_of(Session& session, const Subject& subject, const std::vector<int>& ids);

}  // namespace portwright::battery
