// The battery over many model types or ports: one row each, kept as zoo.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "results/run_record.hpp"
#include "results/verdict.hpp"

namespace portwright::results {

struct ZooRow {
  std::string id;     // the model type, or what a table of ports calls it
  std::string model;  // "synthetic:llama"
  std::string port;   // the module of mlx_lm.models that serves it: "llama"; or the file of a table's port
  Verdict verdict = Verdict::not_compared;
  std::optional<double> error;       // relative L2 of the port's float32 logits against float64
  std::optional<double> over_floor;  // the same over what the reference's float32 shows
  std::string culprit;               // reference path, empty where none was found
  std::string port_line;             // "llama.py:47", empty where it is not known
  std::string reason;                // what the check that decided says; empty for a pass
  std::string when;                  // "always", "only where FIELD is not VALUE"; empty where it was not asked
  double seconds = 0;
};

struct ZooRecord {
  Json settings = Json::object();     // effort, seed, checks: rows of other settings are no rows of this record
  Json environment = Json::object();  // of the last run
  std::vector<ZooRow> rows;           // in the order of their ids
  double seconds = 0;                 // of the rows together
};

[[nodiscard]] Json to_json(const ZooRow& row);
[[nodiscard]] Json to_json(const ZooRecord& zoo);
[[nodiscard]] ZooRecord zoo_record_from(const Json& json);  // throws nlohmann::json::exception on a wrong shape

// What a run of one variant says; the caller adds what it was a run of.
[[nodiscard]] ZooRow zoo_row(const RunRecord& run);

[[nodiscard]] Verdict verdict_of(const ZooRecord& zoo);

}  // namespace portwright::results
