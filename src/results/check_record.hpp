// What is kept of one check on one variant: everything any report prints of it (schemas/run.schema.json).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "results/verdict.hpp"

namespace portwright::results {

// The module whose own code, weight or config is wrong, by the reference's path; `layers` where it repeats.
struct Culprit {
  std::string module;                    // "model.layers.*.self_attn"; "(root)" is the model's own forward
  std::optional<std::string> function;   // "rope", where a function rather than a module is wrong
  std::vector<int> layers;               // the layers of `module`'s star that are wrong, ascending
  std::optional<std::string> port_line;  // "llama.py:47"
};

struct Cause {
  std::string name;  // a row of docs/causes.md
  bool proved = false;
  std::optional<std::string> field;  // the config key
  std::string when = "always";
  double error_removed = 0;  // 0..1
  std::string sentence;
  std::optional<std::string> module;  // where it is another bug than the culprit's, the module that has it
};

// What a plot is drawn from; `floor` and `band` as in the measurement it belongs to.
struct Series {
  std::string name;
  std::string unit;
  Json axes = Json::array();
  Json values = Json::array();
  std::optional<double> floor;
  std::optional<double> band;
};

struct CheckRecord {
  std::string id;       // "parity.modules"
  std::string variant;  // id of the variant it was run on
  Verdict verdict = Verdict::not_compared;
  bool gates = true;
  std::string summary;  // one sentence, with the number and what a correct port shows
  std::string lane;     // "semantics", "precision", … (ARCHITECTURE.md, "Results")
  std::optional<Culprit> culprit;
  Json where = Json::object();  // of "position", "step", "row", "head", "channel", "expert", "parameter" what is known
  std::vector<Cause> causes;
  Json conditions = Json::object();  // of "dtype", "backend", "products", "attention", "threads", "compiled"
  // Reports know three of its keys: "layers" (an integer: how many layers were compared), "last_lines" (a string: what
  // a check that broke left behind) and "remedy" (a string: what to do about it).
  Json measured = Json::object();
  Json threshold = Json::object();  // by the keys of `measured`: the bound that the verdict was decided by
  // By the keys of `measured`: the smallest change that would have been seen. "faults": known faults, put into the
  // reference, each with "change", and with "measure", "value" and "caught" where the model can have it.
  Json sensitivity = Json::object();
  std::vector<Series> series;
  std::optional<std::string> would_decide;
  Json accepted;                      // null unless somebody accepted it
  std::vector<std::string> evidence;  // paths relative to the run folder
  double seconds = 0;
  std::string command;  // repeats this check alone
};

[[nodiscard]] Json to_json(const CheckRecord& record);
[[nodiscard]] CheckRecord check_record_from(const Json& json);  // throws nlohmann::json::exception on a wrong shape

}  // namespace portwright::results
