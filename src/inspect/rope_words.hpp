// Position embeddings in words: type, base, scaling, how much of a head turns, for each kind of layer that has its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inspect/config_view.hpp"

namespace portwright::inspect {

struct Rope {
  std::string layers;  // "full_attention"; empty: all layers that turn anything
  std::string type;    // "default", "llama3", "yarn", …; "none" where positions are told otherwise or not at all
  std::optional<double> theta;
  std::string theta_where;  // "config.rope_theta", "class default"
  std::string where;        // the object that holds the scaling; empty: none
  std::string sentence;     // "llama3 scaling, factor 8, theta 500000, original context 8192"
};
// One for each kind of layer that has settings of its own. Both forms are read: `rope_parameters`, and the older
// `rope_scaling` with `rope_theta`. Empty where neither config nor the class says anything of positions.
[[nodiscard]] std::vector<Rope> rope_words(const ConfigView& config);

struct Context {
  std::optional<std::uint64_t> tokens;
  std::string where;                       // "config.max_position_embeddings"
  std::optional<std::uint64_t> tokenizer;  // model_max_length, where it says another number
};
[[nodiscard]] Context context_length(const ConfigView& config, const Json& tokenizer_config);

}  // namespace portwright::inspect
