// `portwright zoo`: the battery on a synthetic checkpoint of every model type that both libraries have.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "harness/test_settings.hpp"
#include "results/zoo_record.hpp"

namespace portwright::harness {

struct ZooSettings {
  std::vector<std::string> types;  // globs over model types; empty: all that are shared
  int jobs = 1;                    // pairs of workers side by side
  bool resume = false;             // types that `test.out` already holds a row of are not measured again
  bool classify = false;           // a type that fails is asked again with one constant at a time at its default
  TestSettings test;               // of every single run; `out` holds zoo.json and a run folder a type
};

// Called as a type ends, from any of the jobs but never twice at once.
using RowSink = std::function<void(const results::ZooRow& row)>;

// zoo.json is written after every row. An error is one of the command or its input, or an interruption; what a type
// does to its workers is its row.
[[nodiscard]] Result<results::ZooRecord> run_zoo(const ZooSettings& settings, const RowSink& ended);

}  // namespace portwright::harness
