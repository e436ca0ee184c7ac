#include "diagnose/renaming.hpp"

#include <doctest/doctest.h>

namespace portwright::diagnose {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("equal last words tell the names of what is above") {
  Renaming renaming;
  renaming.learn("model.layers.0.self_attn.q_proj", "transformer.h.0.attn.q_proj");
  CHECK(renaming.names_of("model.layers.0.self_attn") == Names{"transformer.h.0.attn"});
  CHECK(renaming.names_of("model.layers.0.self_attn.q_norm") == Names{"transformer.h.0.attn.q_norm"});
  CHECK(renaming.names_of("model.layers.0.mlp").empty());
}

TEST_CASE("a prefix holds for every name, and none has to be left") {
  Renaming renaming;
  renaming.learn("model.embed", "language_model.model.embed");
  CHECK(renaming.names_of("model.norm") == Names{"language_model.model.norm", "language_model.model.norm"});
  CHECK(renaming.names_of("lm_head") == Names{"language_model.lm_head"});
}

TEST_CASE("what was seen more often comes first") {
  Renaming renaming;
  renaming.learn("a.up", "b.up");
  renaming.learn("a.down", "c.down");
  renaming.learn("a.gate", "c.gate");
  CHECK(renaming.names_of("a.norm") == Names{"c.norm", "b.norm"});
}

}  // namespace
}  // namespace portwright::diagnose
