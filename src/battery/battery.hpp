// The battery on one checkpoint: every chosen check in the order of the table, each record handed on as it ends.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "battery/session.hpp"
#include "battery/subject.hpp"
#include "results/check_record.hpp"

namespace portwright::battery {

struct Choice {
  std::vector<std::string> checks;  // globs over ids; empty: all that the effort runs
  std::vector<std::string> skip;
};

struct Observer {
  std::function<void(const std::string& id)> begins;
  std::function<void(const results::CheckRecord&, const Json& exchanged)> ends;  // Session::take_exchanged
  std::function<const results::CheckRecord*(const std::string& id)>
      measured_before;  // by an earlier run that is resumed
};

// Ids the globs choose at this effort; an error names a glob that matches no check.
[[nodiscard]] Result<std::vector<std::string>> chosen(const Choice& choice, Effort effort);

// An error only where nothing could be asked: interrupted, or no prompt could be made.
[[nodiscard]] Status run_battery(Session& session, const Subject& subject, const std::vector<std::string>& ids,
                                 const Observer& observer);

}  // namespace portwright::battery
