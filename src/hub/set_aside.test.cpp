#include "hub/set_aside.hpp"

#include <doctest/doctest.h>

#include "hub/testing.hpp"

namespace portwright::hub {
namespace {

using testing::looked_at;
using testing::open_model;

const std::vector<Facts>& listed() {
  static const std::vector<Facts> models{open_model("Qwen/Qwen3-8B-Base"),
                                         open_model("Qwen/Qwen3-8B", "Qwen/Qwen3-8B-Base", "finetune"),
                                         open_model("someone/tuned", "Qwen/Qwen3-8B", "finetune")};
  return models;
}

std::string kind_of(const Facts& model) {
  const auto found = set_aside(model, "qwen3", Publishers(listed(), ""));
  return found ? found->kind : "";
}

TEST_CASE("a publisher's base and what it made from it are its own") {
  CHECK(kind_of(open_model("Qwen/Qwen3-8B-Base")).empty());
  CHECK(kind_of(open_model("Qwen/Qwen3-8B", "Qwen/Qwen3-8B-Base", "finetune")).empty());
  // Released with packed weights, and made from nothing.
  Facts packed = open_model("Qwen/Qwen4-1T");
  packed.quantization = "fp8";
  CHECK(kind_of(packed).empty());
}

TEST_CASE("each kind of derived repository is set aside by its own rule") {
  CHECK(kind_of(open_model("someone/x", "Qwen/Qwen3-8B", "quantized")) == "quantization");
  CHECK(kind_of(open_model("Qwen/Qwen3-8B-FP8", "Qwen/Qwen3-8B", "quantized")) == "quantization");
  CHECK(kind_of(open_model("someone/x", "Qwen/Qwen3-8B", "adapter")) == "adapter");
  CHECK(kind_of(open_model("someone/x", "Qwen/Qwen3-8B", "merge")) == "merge");
  CHECK(kind_of(open_model("someone/x", "Qwen/Qwen3-8B", "finetune")) == "fine-tune");
  CHECK(kind_of(open_model("someone/x", "Qwen/Qwen3-8B")) == "fine-tune");
  CHECK(kind_of(open_model("someone/from-nothing")) == "undeclared");
  CHECK(kind_of(open_model("Qwen/Qwen3-8B-AWQ")) == "quantization");
}

TEST_CASE("what is said beside the declared base counts as well") {
  Facts model = open_model("Qwen/Qwen3-8B-x");
  SUBCASE("peft") {
    model.library = "peft";
    CHECK(kind_of(model) == "adapter");
  }
  SUBCASE("mlx") {
    model.library = "mlx";
    CHECK(kind_of(model) == "other format");
  }
  SUBCASE("gguf by its tag") {
    model.library.clear();
    model.tags = {"gguf"};
    CHECK(kind_of(model) == "other format");
  }
  SUBCASE("another type") {
    model.model_type = "llama";
    CHECK(kind_of(model) == "other type");
  }
  SUBCASE("a classifier") {
    model.architectures = {"Qwen3ForSequenceClassification"};
    CHECK(kind_of(model) == "other head");
  }
  SUBCASE("disabled") {
    model.disabled = true;
    CHECK(kind_of(model) == "disabled");
  }
}

TEST_CASE("what only a name says is called so") {
  const auto found = set_aside(open_model("Qwen/Qwen3-8B-AWQ"), "qwen3", Publishers(listed(), ""));
  REQUIRE(found);
  CHECK(found->ground == Ground::name);
}

TEST_CASE("equal weights make the repository a mirror whose owner nobody builds on") {
  const Publishers publishers(listed(), "");
  const auto found =
      mirrors({looked_at(open_model("zzz/copy"), "same"), looked_at(open_model("Qwen/Qwen3-8B-Base"), "same"),
               looked_at(open_model("Qwen/other"), "other")},
              publishers);
  REQUIRE(found.size() == 1);
  CHECK(found.front().repo == "zzz/copy");
  CHECK(found.front().of == "Qwen/Qwen3-8B-Base");
}

TEST_CASE("repositories without weights mirror nothing") {
  Examined one = looked_at(open_model("a/a"));
  Examined other = looked_at(open_model("b/b"));
  one.files.clear();
  other.files.clear();
  CHECK(mirrors({one, other}, Publishers(listed(), "")).empty());
}

TEST_CASE("without any declared base the most downloaded owner publishes") {
  std::vector<Facts> models{open_model("small/a"), open_model("big/b")};
  models[1].downloads = 1000;
  CHECK(Publishers(models, "").owners() == std::vector<std::string>{"big"});
  CHECK(Publishers(models, "small").owners() == std::vector<std::string>{"small"});
}

}  // namespace
}  // namespace portwright::hub
