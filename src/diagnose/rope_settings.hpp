// What a config.json says of position embeddings: inverse frequencies and attention factor.
// The formulas are those of the papers, as transformers' modeling_rope_utils computes them: linear and dynamic scaling,
// YaRN (2309.00071), LongRoPE (2402.13753), and the one that came with Llama 3.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace portwright::diagnose {

struct RopeSettings {
  std::string type = "default";  // linear, dynamic, yarn, llama3, longrope, proportional; "none": nothing turns
  double theta = 10000;
  int width = 0;       // of the head
  int rotated = 0;     // dimensions that turn
  int exponent = 0;    // the n of theta^(-2i/n): the rotated dimensions, but the whole head for proportional
  Json scaling;        // the object that holds factor, beta_fast, long_factor, …
  double longest = 0;  // max_position_embeddings

  // What no config says, and a broken port does.
  std::optional<double> attention_factor;  // in place of what the type says
  std::optional<bool> always_long;         // LongRoPE: one list of factors whatever the length
  double offset = 0;                       // added to every position
  double direction = 1;

  bool from_config = true;                 // false: read off the reference, and no key says so
  std::string theta_field = "rope_theta";  // config keys, for sentences
  std::string scaling_field = "rope_scaling";
  std::string partial_field = "partial_rotary_factor";

  // The number under this key of `scaling`.
  [[nodiscard]] std::optional<double> number(std::string_view key) const;
  // The length of text it was trained for: original_max_position_embeddings, or max_position_embeddings.
  [[nodiscard]] double original_context() const;
  // Texts of at most so many tokens are all turned by the same frequencies.
  [[nodiscard]] std::int64_t context_of_slope() const;
};

// For a layer of this type ("sliding_attention"; empty where layers are alike) whose embedding turns vectors of
// `width`. Nothing where config.json leaves theta or a needed number of the scaling to the class's defaults, or names a
// type that is not known here.
[[nodiscard]] std::optional<RopeSettings> rope_settings(const Json& whole, const std::string& layer_type, int width);

struct RopeExpected {
  std::vector<double> frequencies;  // radians a position, by pair
  double attention_factor = 1;
};
// In a sequence of `context` tokens.
[[nodiscard]] RopeExpected expected_rope(const RopeSettings& settings, std::int64_t context);

}  // namespace portwright::diagnose
