// What is told while checks run: a live line for each on a terminal, a line for each that ended in a log.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "base/terminal.hpp"
#include "results/check_record.hpp"

namespace portwright::report {

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin(const std::string& check) = 0;          // several checks may run at once
  virtual void note(const std::string& text) = 0;            // what is being done now: "reference: forward, 40 of 200"
  virtual void end(const results::CheckRecord& record) = 0;  // also of a check that never began
  virtual void tick() = 0;                                   // a few times a second: time passes
};

using Clock = std::function<double()>;  // seconds since some moment
[[nodiscard]] double steady_seconds();

// Live lines where the terminal is interactive (cleared by the destructor, so that a report follows cleanly), else a
// plain log. `out` is standard error, also with --json, and outlives the result.
[[nodiscard]] std::unique_ptr<Progress> progress_on(std::ostream& out, Terminal terminal, Clock clock = steady_seconds);

}  // namespace portwright::report
