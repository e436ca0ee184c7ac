#include "inspect/stored_model.hpp"

#include <doctest/doctest.h>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"
#include "checkpoint/written_tensors.hpp"
#include "inspect/remote_model.hpp"

namespace portwright::inspect {
namespace {

using portwright::testing::says;

const char* index_of_two =
    R"({"metadata": {"total_size": 40}, "weight_map": {"a": "model-1.safetensors", "b": "model-1.safetensors", "c": "model-2.safetensors"}})";

TEST_CASE("a folder without weights, and one without some shards, are read as far as they go") {
  const TemporaryFolder folder;
  CHECK(says(read_folder(folder.path()).error().sentence, "has no config.json"));
  folder.write("config.json", R"({"model_type": "llama"})");
  auto model = read_folder(folder.path());
  REQUIRE(model);
  CHECK(model->tensors.empty());
  CHECK(model->shards.empty());

  folder.write("model.safetensors.index.json", index_of_two);
  folder.write("model-1.safetensors", checkpoint::small_file());
  model = read_folder(folder.path());
  REQUIRE(model);
  CHECK(model->tensors.size() == 2);
  CHECK(model->missing_shards() == std::vector<std::string>{"model-2.safetensors"});
  CHECK(model->tensors_elsewhere == 1);
  CHECK(model->index_bytes == 40);
}

TEST_CASE("an index that lies about a shard that is there is refused") {
  const TemporaryFolder folder;
  folder.write("config.json", R"({"model_type": "llama"})");
  folder.write("model-1.safetensors", checkpoint::small_file());
  folder.write("model.safetensors.index.json", R"({"weight_map": {"x": "model-1.safetensors"}})");
  CHECK(says(read_folder(folder.path()).error().sentence, "lacks tensor 'x'"));
  for (const char* name : {"../model-1.safetensors", "..", "/etc/passwd", ""}) {
    folder.write("model.safetensors.index.json", Json{{"weight_map", {{"x", name}}}}.dump());
    CHECK(says(read_folder(folder.path()).error().sentence, "which is no file name in its folder"));
  }
}

TEST_CASE("one tensor in two files is refused") {
  const TemporaryFolder folder;
  folder.write("config.json", "{}");
  folder.write("model-1.safetensors", checkpoint::small_file());
  folder.write("model-2.safetensors", checkpoint::small_file());
  CHECK(says(read_folder(folder.path()).error().sentence, "tensor 'a' is in both model-1.safetensors and model-2"));
}

TEST_CASE("templates lie in one of three files") {
  CHECK(templates_in({{"chat_template", "x"}}) == "x");
  CHECK(templates_in({{"chat_template",
                       Json::array({{{"name", "default"}, {"template", "a"}}, {{"template", "b"}}})}}) == "a\nb\n");
  CHECK(templates_in({{"chat_template", 7}}).empty());
  CHECK(templates_in(nullptr).empty());
}

Json described(const std::string& config) {
  return {
      {"repo", "org/name"},
      {"commit", "abc"},
      {"files", {{{"name", "model.safetensors"}, {"bytes", 100}}, {{"name", "onnx/model.safetensors"}, {"bytes", 7}}}},
      {"texts", {{"config.json", config}}},
      {"unread", Json::object()}};
}

TEST_CASE("a repository is told from the worker's two answers") {
  const std::string header = checkpoint::small_header().dump();
  const Json entry = {{"text", header}, {"data_begin", header.size() + 8}, {"bytes", header.size() + 8 + 20}};
  CHECK(shards_to_ask(described("{}")).value() == std::vector<std::string>{"model.safetensors"});
  const auto model = remote_model(described(R"({"model_type": "llama"})"), {{"model.safetensors", entry}});
  REQUIRE(model);
  CHECK(model->remote);
  CHECK(model->tensors.size() == 2);
  CHECK(model->shards.front().data_begin == header.size() + 8);
}

TEST_CASE("nothing that a repository says is trusted") {
  CHECK(says(remote_model(described("[]"), {}).error().sentence, "is not a JSON object"));
  CHECK(says(remote_model(described("{"), {}).error().sentence, "org/name/config.json:1:"));
  Json no_config = described("{}");
  no_config["texts"] = Json::object();
  CHECK(says(remote_model(no_config, {}).error().sentence, "has no config.json"));
  no_config["unread"] = {{"config.json", "org/name is gated: accept its terms"}};
  CHECK(says(remote_model(no_config, {}).error().sentence, "is gated"));
  const Json truncated = {{"text", checkpoint::small_header().dump()}, {"data_begin", 10}, {"bytes", 15}};
  CHECK(says(remote_model(described("{}"), {{"model.safetensors", truncated}}).error().sentence, "it is truncated"));
  const Json strange = {{"text", "{}"}, {"data_begin", 10}, {"bytes", 5}};
  CHECK(remote_model(described("{}"), {{"model.safetensors", strange}}).error().fault == Fault::worker);
  Json index = described("{}");
  index["texts"]["model.safetensors.index.json"] = R"({"weight_map": {"x": "../../etc/passwd"}})";
  CHECK(says(shards_to_ask(index).error().sentence, "which is no file name in its folder"));
}

}  // namespace
}  // namespace portwright::inspect
