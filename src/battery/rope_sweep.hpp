// The basis-vector sweep of position embeddings: what is asked of a side, and its answer as readings.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "battery/session.hpp"
#include "diagnose/rope_reading.hpp"

namespace portwright::battery {

// Positions 0, 1, 2, 4, … 2^17 one by one, and around each context length that the config names; a few of them in
// sequences of three tokens and two rows.
[[nodiscard]] Json rope_request(const Json& config);

struct RopeEmbedding {
  std::string name;        // in the answer
  std::string module;      // its path; empty where it is no module
  std::string layer_type;  // that the reference asks its embedding for; empty where layers are alike
  diagnose::RopeReading reading;
};

// One module that turns arrays by an embedding.
struct RopeUser {
  std::string path;
  std::string embedding;
  // The first position of each array that is turned, for a forward without a cache, one with an empty cache, and the
  // token behind it.
  std::vector<std::vector<std::int64_t>> starts;
};

struct RopeSide {
  std::map<std::string, RopeEmbedding> embeddings;  // by name
  std::vector<RopeUser> users;                      // in the order of the forward
};

// From the answer of a side to `rope_request`; an error where a tensor is missing or of another form.
[[nodiscard]] Result<RopeSide> rope_side(const Measured& answer, const Json& request);

}  // namespace portwright::battery
