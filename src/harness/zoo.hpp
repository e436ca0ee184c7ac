// `portwright zoo`: the battery over many subjects, one row each, with workers that stay: a synthetic checkpoint of
// every model type that both libraries have, or the ports of a table.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "harness/test_settings.hpp"
#include "results/zoo_record.hpp"

namespace portwright::harness {

struct ZooSettings {
  std::vector<std::string> types;  // globs over model types; empty: all that are shared
  std::filesystem::path ports;     // a table of ports (zoo_subjects.hpp) instead of the types; empty: none
  int jobs = 1;                    // pairs of workers side by side
  bool resume = false;             // what `test.out` already holds a row of is not measured again
  bool classify = false;           // what fails is asked again with one constant at a time at its default
  TestSettings test;               // of every single run; `out` holds zoo.json and a run folder a row
};

// Called as a row ends, from any of the jobs but never twice at once.
using RowSink = std::function<void(const results::ZooRow& row)>;

// zoo.json is written after every row. An error is one of the command or its input, or an interruption; what a
// subject does to its workers is its row.
[[nodiscard]] Result<results::ZooRecord> run_zoo(const ZooSettings& settings, const RowSink& ended);

}  // namespace portwright::harness
