#include "diagnose/routing.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "diagnose/expert_outputs.hpp"
#include "diagnose/localise.hpp"
#include "diagnose/mixture.hpp"
#include "diagnose/routing_rules.hpp"
#include "diagnose/testing_model.hpp"

namespace portwright::diagnose {
namespace {

constexpr int routed_tokens = 24;
constexpr int routed_experts = 8;
constexpr int routed_width = 16;
constexpr std::size_t routed_each = 3;

// A block as the reference computes it: sigmoid scores, chosen with a bias among the two groups whose two best are
// best, weighed without it, normalised and multiplied; and a shared expert with a gate.
struct ReferenceBlock {
  Json config = {{"num_experts_per_tok", 3},
                 {"n_group", 2},
                 {"topk_group", 1},
                 {"norm_topk_prob", true},
                 {"route_multiplier", 2.5}};
  ChoiceRule choice{Scoring::sigmoid, 0, Rating::two_best, routed_each};
  WeightRule weight{Scoring::sigmoid, std::nullopt, Normalised::yes, 2.5};
  Routing routing{random_matrix({routed_tokens, routed_experts}, 1),
                  {},
                  {},
                  random_matrix({routed_tokens, routed_experts}, 2),
                  {{"e_score_correction_bias", random_matrix({routed_experts}, 3).values}},
                  config};
  Matrix experts = random_matrix({routed_tokens, routed_each, routed_width}, 4);
  Matrix shared = random_matrix({routed_tokens, routed_width}, 5);
  Matrix gate = random_matrix({routed_tokens, 1}, 6);

  ReferenceBlock() {
    routing.want = routing.got = chosen_by(routing, choice);
    routing.weights = weighed_by(routing, weight, routing.want);
  }

  // The experts of each token, the last one first: a port's order is its own.
  [[nodiscard]] Matrix order() const {
    Matrix result{{}, routing.want.rows, routed_each, {}};
    for (std::size_t token = 0; token < result.rows; ++token) {
      for (std::size_t expert = routed_experts; expert-- > 0;) {
        if (routing.want.row(token)[expert] == 1) result.values.push_back(static_cast<double>(expert));
      }
    }
    return result;
  }

  // What a block of these weights and this activation of the shared gate hands out.
  [[nodiscard]] Matrix output(const Matrix& weights, double (*activation)(double)) const {
    Mixture mixture{routing, order(), experts, {}, shared, shared, {}, {}, least_floor};
    Terms terms{{}, shared, {}};
    for (const double value : gate.values) terms.shares.push_back(activation(value));
    return summed(mixture, terms, weights);
  }

  [[nodiscard]] std::optional<RoutingCause> said_of(const Matrix& got, const Matrix& port_experts) const {
    const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
    Mixture mixture{routing, order(), port_experts, {shared}, got, output(routing.weights, sigmoid),
                    {},      {},      least_floor};
    Terms routed{{}, {}, {}};
    mixture.experts = experts;
    mixture.want_routed = summed(mixture, routed, routing.weights);
    mixture.experts = port_experts;
    mixture.gates.push_back({"layers.0.mlp.shared_gate", gate});
    return explain_mixture(mixture);
  }

  [[nodiscard]] std::optional<RoutingCause> said_of_weights(const WeightRule& port) const {
    const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
    return said_of(output(weighed_by(routing, port, routing.want), sigmoid), experts);
  }
};

void check_says(const std::optional<RoutingCause>& found, RoutingPart part, const std::string& name,
                const std::string& says, bool proved = true) {
  REQUIRE(found);
  REQUIRE(found->cause);
  CHECK(found->part == part);
  CHECK(found->cause->name == name);
  CHECK(found->cause->proved == proved);
  CHECK_MESSAGE(found->cause->sentence.find(says) != std::string::npos, found->cause->sentence);
}

}  // namespace

TEST_CASE("the same choice has no cause") { CHECK_FALSE(explain_choice(ReferenceBlock().routing)); }

TEST_CASE("another choice is explained by the rule that makes it, for every token") {
  const auto said_of = [](const ChoiceRule& port) {
    ReferenceBlock block;
    block.routing.got = chosen_by(block.routing, port);
    return explain_choice(block.routing);
  };
  ChoiceRule port = ReferenceBlock().choice;
  port.count = 4;
  const auto found = said_of(port);
  check_says(found, RoutingPart::router, "router-choice", "goes to 4 experts where config num_experts_per_tok says 3");
  CHECK(found->cause->field == "num_experts_per_tok");
  CHECK(found->cause->sentence.starts_with("24 of 24 tokens"));
  port = ReferenceBlock().choice;
  port.bias.reset();
  check_says(said_of(port), RoutingPart::router, "router-choice", "e_score_correction_bias added");
  port = {Scoring::sigmoid, 0, Rating::none, routed_each, true};
  CHECK(said_of(port)->cause->sentence.find("the experts with the lowest scores") != std::string::npos);
  port = ReferenceBlock().choice;
  port.rating = Rating::best;
  check_says(said_of(port), RoutingPart::router, "router-choice", "rated by their best expert where");
}

TEST_CASE("a choice that no rule makes is counted, and not proved") {
  ReferenceBlock block;
  std::rotate(block.routing.got.row(5).begin(), block.routing.got.row(5).begin() + 1, block.routing.got.row(5).end());
  check_says(explain_choice(block.routing), RoutingPart::router, "router-choice", "1 of 24 tokens go to other", false);
}

TEST_CASE("right weights of right experts in a right sum have no cause") {
  const ReferenceBlock block;
  CHECK_FALSE(block.said_of_weights(block.weight));
}

TEST_CASE("the weights are read off the block's output, and explained by the rule that makes them") {
  const ReferenceBlock block;
  WeightRule port = block.weight;
  port.bias = 0;
  check_says(block.said_of_weights(port), RoutingPart::router, "router-weights",
             "the scores with e_score_correction_bias added");
  port = block.weight;
  port.normalised = Normalised::no;
  const auto found = block.said_of_weights(port);
  check_says(found, RoutingPart::router, "router-weights", "not normalised to a sum of one");
  CHECK(found->cause->field == "norm_topk_prob");
  port = block.weight;
  port.factor = 1;
  check_says(block.said_of_weights(port), RoutingPart::router, "router-weights",
             "route_multiplier (2.5) is not applied");
  port = block.weight;
  port.scoring = Scoring::softmax;
  CHECK(block.said_of_weights(port)->cause->name == "router-weights");
}

TEST_CASE("weights that no rule makes are counted, and not proved") {
  const ReferenceBlock block;
  Matrix weights = block.routing.weights;
  for (double& value : weights.row(2)) value *= value;
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  check_says(block.said_of(block.output(weights, sigmoid), block.experts), RoutingPart::router, "router-weights",
             "in 1 of 24 tokens", false);
}

TEST_CASE("the right weights in another order than the experts") {
  const ReferenceBlock block;
  Matrix weights = block.routing.weights;
  for (std::size_t token = 0; token < weights.rows; ++token) {
    std::vector<std::size_t> chosen;
    for (std::size_t expert = 0; expert < weights.columns; ++expert) {
      if (weights.row(token)[expert] != 0) chosen.push_back(expert);
    }
    std::swap(weights.row(token)[chosen.front()], weights.row(token)[chosen.back()]);
  }
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  check_says(block.said_of(block.output(weights, sigmoid), block.experts), RoutingPart::router, "router-weights",
             "not in the order of the choice");
}

TEST_CASE("a sum that is scaled as a whole is not the weights' doing") {
  const ReferenceBlock block;
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  Matrix got = block.output(block.routing.weights, sigmoid);
  for (double& value : got.values) value *= 1.5;
  CHECK_FALSE(block.said_of(got, block.experts));
}

TEST_CASE("experts that are added without their weights are the block's doing") {
  const ReferenceBlock block;
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  check_says(block.said_of(block.output(block.routing.want, sigmoid), block.experts), RoutingPart::block,
             "experts-not-weighted", "has the weight 1");
}

TEST_CASE("the gate of a shared expert without its activation") {
  const ReferenceBlock block;
  const auto linear = [](double x) { return x; };
  check_says(block.said_of(block.output(block.routing.weights, linear), block.experts), RoutingPart::block,
             "activation", "no activation of layers.*.mlp.shared_gate where the reference computes sigmoid");
}

TEST_CASE("the gate of a shared expert is left out") {
  const ReferenceBlock block;
  const auto one = [](double) { return 1.0; };
  check_says(block.said_of(block.output(block.routing.weights, one), block.experts), RoutingPart::block,
             "module-skipped", "does not apply layers.*.mlp.shared_gate");
}

TEST_CASE("right weights of wrong experts: the experts are wrong; of no such sum, nothing can be told") {
  ReferenceBlock block;
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const Matrix other = random_matrix({routed_tokens, routed_each, routed_width}, 7);
  const Matrix right = block.experts;
  block.experts = other;
  const Matrix got = block.output(block.routing.weights, sigmoid);
  block.experts = right;
  const auto found = block.said_of(got, other);
  REQUIRE(found);
  CHECK(found->part == RoutingPart::experts);
  CHECK_FALSE(found->cause);
  CHECK_FALSE(block.said_of(random_matrix({routed_tokens, routed_width}, 8), block.experts));
}

TEST_CASE("what experts compute of their projections") {
  const Matrix gate = random_matrix({6, 2, 5}, 9);
  const Matrix up = random_matrix({6, 2, 5}, 10);
  const Matrix order = matrix({6, 2}, {0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0});
  const auto silu = [](double x) { return x / (1 + std::exp(-x)); };
  ExpertInside inside{{gate, up}, gate, order, {}, least_floor};
  for (const double expert : {0.0, 1.0}) {
    Matrix in{{}, 0, 5, {}};
    for (std::size_t row = order.values.size(); row-- > 0;) {
      if (order.values[row] != expert) continue;
      in.values.insert(in.values.end(), gate.row(row).begin(), gate.row(row).end());
      ++in.rows;
    }
    Matrix out = in;
    for (double& value : out.values) value = silu(value);
    inside.gates.push_back({in, out});
  }
  const auto said_of = [&](const Matrix& first, const Matrix& second, double (*function)(double)) {
    for (std::size_t i = 0; i < first.values.size(); ++i) {
      inside.product.values[i] = function(first.values[i]) * second.values[i];
    }
    return explain_experts(inside);
  };
  CHECK_FALSE(said_of(gate, up, silu));
  const auto exchanged = said_of(up, gate, silu);
  REQUIRE(exchanged);
  CHECK(exchanged->name == "activation");
  CHECK(exchanged->sentence.find("gate and up are exchanged") != std::string::npos);
  const auto other = said_of(gate, up, [](double x) { return std::max(x, 0.0); });
  REQUIRE(other);
  CHECK(other->sentence == "relu where the reference computes silu");
  CHECK_FALSE(said_of(gate, up, [](double x) { return x * x * x; }));
}

TEST_CASE("a cause has to hold in every layer") {
  RoutingCause first{RoutingPart::router, results::Cause()};
  first.cause->name = "router-weights";
  first.cause->proved = true;
  RoutingCause other = first;
  CHECK(in_every_scene({first, other})->cause->proved);
  other.cause->proved = false;
  CHECK_FALSE(in_every_scene({first, other})->cause->proved);
  other.cause->name = "experts-not-weighted";
  CHECK_FALSE(in_every_scene({first, other})->cause);
  other.part = RoutingPart::block;
  CHECK_FALSE(in_every_scene({first, other}));
  CHECK_FALSE(in_every_scene({first, std::nullopt}));
}

}  // namespace portwright::diagnose
