// Where in an array the error lies: by position, by head, by channel. A window that is off by one moves the median
// little and the positions past the window much; a wrong slice is one head.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {

struct Aggregate {
  std::string axis;            // "position", "head", "channel"
  std::vector<double> errors;  // relative L2 of each index
  double median = 0;
  double p99 = 0;
  std::vector<std::size_t> wrong;  // indices beyond what is wrong at the scene's floor
};

// An axis of one index tells nothing and is left out.
[[nodiscard]] std::vector<Aggregate> aggregates(const Scene& scene);

// {"position": {"of", "median", "p99", "most", "wrong"}}; "wrong" is how many, and "which" names them where they are
// few and not all.
[[nodiscard]] Json to_json(const std::vector<Aggregate>& aggregates);

}  // namespace portwright::diagnose
