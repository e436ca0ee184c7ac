#include "hub/config_groups.hpp"

#include <doctest/doctest.h>

#include "hub/base_tree.hpp"
#include "hub/testing.hpp"

namespace portwright::hub {
namespace {

using testing::looked_at;
using testing::open_model;

Variant sized(const std::string& repo, Json config, std::uint64_t bytes, const std::string& base = {}) {
  Variant variant;
  variant.model = looked_at(open_model(repo, base, base.empty() ? "" : "finetune"), repo, std::move(config));
  variant.model.files.back().bytes = bytes;
  return variant;
}

std::vector<std::string> suggested_of(const Discovery& discovery) {
  std::vector<std::string> repos;
  for (const Suggested& one : discovery.suggested) repos.push_back(discovery.variants[one.variant].model.facts.repo);
  return repos;
}

TEST_CASE("variants with equal configs are one group, and the fewest small ones have every value") {
  const Json tied = {{"hidden_size", 8}, {"tie_word_embeddings", true}};
  Json untied = {{"hidden_size", 64}, {"tie_word_embeddings", false}};
  Discovery discovery;
  discovery.variants = {sized("q/big", untied, 900), sized("q/small", tied, 100), sized("q/small-it", tied, 100),
                        sized("q/middle", {{"hidden_size", 16}, {"tie_word_embeddings", true}}, 400)};
  group_by_config(discovery);
  REQUIRE(discovery.configs.size() == 3);
  CHECK(discovery.configs[0].variants.size() == 2);
  CHECK(suggested_of(discovery) == std::vector<std::string>{"q/small", "q/big"});
  CHECK(discovery.suggested[1].because == std::vector<std::string>{"tie_word_embeddings false"});
  CHECK(discovery.smallest);
}

TEST_CASE("configs that differ in sizes alone are exercised by the smallest") {
  Discovery discovery;
  discovery.variants = {sized("q/big", {{"hidden_size", 64}}, 900), sized("q/small", {{"hidden_size", 8}}, 100)};
  group_by_config(discovery);
  CHECK(suggested_of(discovery) == std::vector<std::string>{"q/small"});
  CHECK(discovery.suggested.front().because.empty());
}

TEST_CASE("a variant whose config could not be read is in no group") {
  Discovery discovery;
  discovery.variants = {sized("q/closed", nullptr, 100), sized("q/open", {{"hidden_size", 8}}, 900)};
  group_by_config(discovery);
  CHECK(discovery.configs.size() == 1);
  CHECK(suggested_of(discovery) == std::vector<std::string>{"q/open"});
  CHECK(discovery.variants.back().config.empty());
  Discovery nothing;
  group_by_config(nothing);
  CHECK(nothing.suggested.empty());
}

TEST_CASE("bases make a tree, and a circle ends") {
  Discovery discovery;
  discovery.variants = {sized("q/b", {}, 1), sized("q/it", {}, 1, "q/b"), sized("q/one", {}, 1, "q/two"),
                        sized("q/two", {}, 1, "q/one")};
  discovery.set_aside = {{"x/y", "adapter", "", Ground::declared, "q/it"}};
  const auto tree = base_tree(discovery);
  REQUIRE(tree.size() == 2);
  CHECK(tree[0].repo == "q/b");
  REQUIRE(tree[0].children.size() == 1);
  CHECK(tree[0].children[0].derived.at("adapter") == 1);
  CHECK(tree[1].children.size() == 1);
  CHECK(tree[1].children[0].children.empty());
}

}  // namespace
}  // namespace portwright::hub
