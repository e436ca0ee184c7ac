// What config keys the code of a model reads, where, and what it decides by them: from the class that is built first to
// every class and function that it builds or calls with what it read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "source/config_class.hpp"
#include "source/line.hpp"
#include "source/source_files.hpp"
#include "source/term.hpp"

namespace portwright::source {

// A condition around a piece of code, and what it must be for the code to run.
struct Guard {
  Term condition;
  bool holds = true;
  [[nodiscard]] bool operator==(const Guard&) const = default;
};

// One place that asks the config for a key (see Term for how keys are written).
struct ConfigRead {
  std::string key;
  Line line;
  std::string code;              // the line of source
  std::string where;             // "Gemma3Attention.__init__"
  std::optional<Term> fallback;  // what the place says for a config without the key
  std::vector<Guard> when;       // those that keys decide
};

// One place that does one thing or another, by a condition that keys decide: an `if`, a choice between values, `a or
// b`. The keys may have come through attributes, variables and arguments.
struct ConfigTest {
  Term condition;
  Line line;
  std::string code;  // "if self.q_norm is not None"
  std::string where;
  std::string then;  // what is done where it holds, on one line; may be empty
  std::string otherwise;
  std::vector<Guard> when;
  bool in_config = false;  // asked while the config is made, before it has given itself any value
};

// One place that picks from a table by a key's value: ACT2FN[config.hidden_act].
struct ConfigPick {
  Term index;
  Line line;
  std::string code;
  std::string where;
  std::map<std::string, std::string, std::less<>> entries;  // by value: what it picks, as written
  std::vector<Guard> when;
};

// One place where a config gives itself a value: `self.head_dim = …` in __post_init__ or __init__.
struct ConfigWrite {
  std::string key;
  Term value;
  Line line;
  std::string code;  // what it is given, on one line
  std::vector<Guard> when;
  bool only_if = false;  // it stands behind a condition of any kind
};

// A config class that a part of the config is made into.
struct ConfigMade {
  Definition type;
  std::string key;
};

struct ConfigCode {
  std::vector<ConfigRead> reads;  // each in the order of files and lines
  std::vector<ConfigTest> tests;
  std::vector<ConfigPick> picks;
  std::vector<ConfigWrite> writes;  // in the order of the text
  std::vector<ConfigMade> made;
};

// What is built first, and which config it gets.
struct ConfigRoot {
  Definition model;   // its __init__ takes the config first
  Definition config;  // its own methods read keys as well; may be nothing
  std::string key;    // of the config: "" for the whole, "text_config" for one within it
};

// In transformers only code of models is followed, not what loads, saves, trains or generates.
[[nodiscard]] ConfigCode config_reads(SourceFiles& files, const std::vector<ConfigRoot>& roots);

// Nothing where the values do not tell whether the code behind the guards runs.
[[nodiscard]] std::optional<bool> runs(const std::vector<Guard>& when, const KeyValues& values);

}  // namespace portwright::source
