// What is told while checks run. The engine calls it; how it looks is report's (report/progress.hpp).
#pragma once

#include <string>

#include "results/check_record.hpp"

namespace portwright::results {

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin(const std::string& check) = 0;  // several checks may run at once
  virtual void note(const std::string& text) = 0;  // what is being done now: "reference: forward in float32, 40 of 200"
  virtual void end(const CheckRecord& record) = 0;  // also of a check that never began
  virtual void tick() = 0;                          // a few times a second: time passes
};

}  // namespace portwright::results
