// What a mixture-of-experts block does with its tokens: which experts they go to, with which weights. Rows are tokens.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "diagnose/matrix.hpp"
#include "results/check_record.hpp"

namespace portwright::diagnose {

// A stored vector of one number an expert, which a choice may add to the scores.
struct ExpertBias {
  std::string name;
  std::vector<double> values;
};

// One call of a block on both sides, from the same input; [tokens, experts] where nothing else is said.
struct Routing {
  Matrix want;                   // 1 where the reference chose the expert, else 0
  Matrix got;                    // likewise the port
  Matrix weights;                // that the reference gives to what it chose
  std::optional<Matrix> logits;  // of the reference's router
  std::vector<ExpertBias> biases;
  const Json& config;
};

// Whose code is wrong: the module that makes the choice and its weights, the block that calls it, or the experts.
enum class RoutingPart { router, block, experts };

struct RoutingCause {
  RoutingPart part = RoutingPart::router;
  std::optional<results::Cause> cause;  // nothing where only the part is known
};

// Tokens that go to other experts than the reference's.
[[nodiscard]] std::size_t tokens_sent_elsewhere(const Routing& routing);

// Why other experts are chosen; nothing where the same are.
[[nodiscard]] std::optional<RoutingCause> explain_choice(const Routing& routing);

// Whether every scene's cause is the first one's; it is proved where it is in all.
[[nodiscard]] std::optional<RoutingCause> in_every_scene(const std::vector<std::optional<RoutingCause>>& scenes);

}  // namespace portwright::diagnose
