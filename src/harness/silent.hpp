// Progress that tells nothing: of runs that are one line of something larger.
#pragma once

#include <string>

#include "report/progress.hpp"

namespace portwright::harness {

class Silent : public report::Progress {
 public:
  void begin(const std::string& /*check*/) override {}
  void note(const std::string& /*text*/) override {}
  void end(const results::CheckRecord& /*record*/) override {}
  void tick() override {}
};

}  // namespace portwright::harness
