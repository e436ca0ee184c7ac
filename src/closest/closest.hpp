// Which of the ports that exist is nearest to a reference, and what would be left to write.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "closest/catalogue.hpp"
#include "closest/comparison.hpp"

namespace portwright::closest {

struct Settings {
  std::string model_type;
  std::filesystem::path transformers;  // the package's folder
  std::filesystem::path mlx_lm;        // likewise; may be empty where references are ranked
  bool among_references = false;       // rank transformers' own models instead of ports
  std::size_t top = 5;
};

struct Ranked {
  Candidate candidate;
  Comparison comparison;
};

struct Answer {
  std::string model_type;
  std::string reference;       // "models/olmo3/modeling_olmo3.py"
  std::string language_model;  // the model type whose code is compared, where it is another
  bool among_references = false;
  std::string own_port;               // "models/olmo3.py" where mlx-lm has one
  std::string remapped_to;            // "llama" where MODEL_REMAPPING has the type
  std::vector<std::string> left_out;  // ports that rest on the type's own
  std::vector<std::string> unread;    // candidates in which nothing could be told
  std::vector<Parent> parents;        // by the reference's modular file
  std::vector<Ranked> ranked;         // the nearest first, `top` of them
  std::size_t compared = 0;           // of how many
  Structure structure;                // of the reference
  Keys new_keys;                      // config fields that no candidate reads
  Keys new_parameters;                // names of weights that no candidate has
};

[[nodiscard]] Result<Answer> closest_to(const Settings& settings);

[[nodiscard]] Json to_json(const Answer& answer);

// For a person: the answer first, then what it rests on. width: of the terminal.
[[nodiscard]] std::string text_of(const Answer& answer, int width);

}  // namespace portwright::closest
