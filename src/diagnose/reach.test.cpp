#include "diagnose/reach.hpp"

#include <doctest/doctest.h>

namespace portwright::diagnose {
namespace {

using Names = std::vector<std::string>;

Call called(const std::string& path) {
  Call call;
  call.path = path;
  return call;
}

const Names modules{
    "(root)",        "model",          "model.tower",       "model.tower.layers", "model.tower.layers.0",
    "model.text",    "model.text.mlp", "model.text.mlp.up", "model.text.spare",   "model.text.spare.up",
    "model.text.out"};
const std::vector<Call> calls{called("(root)"),
                              called("model"),
                              called("model.text"),
                              called("model.text.mlp"),
                              called("model.text.mlp.up"),
                              called("model.text.mlp.@activation")};

TEST_CASE("parts that a text does not reach have modules below them and none is called") {
  CHECK(parts_not_reached(modules, calls) == Names{"model.tower", "model.text.spare"});
}

TEST_CASE("a file's tensors belong to the parameters whose last words they share") {
  const Names parameters{"model.tower.layers.0.weight", "model.text.mlp.up.weight", "model.text.spare.up.weight"};
  const Names stored{"tower.layers.0.weight", "text_model.mlp.up.weight", "text.spare.up.weight", "other.up.bias"};
  CHECK(stored_in({"model.tower", "model.text.spare"}, stored, parameters) ==
        Names{"tower.layers.0.weight", "text.spare.up.weight"});
}

TEST_CASE("a name that may be of a part and of the text's way is of the text's") {
  const Names parameters{"model.tower.up.weight", "model.text.up.weight"};
  CHECK(stored_in({"model.tower"}, {"up.weight"}, parameters).empty());
}

}  // namespace
}  // namespace portwright::diagnose
