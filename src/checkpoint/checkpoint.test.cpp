#include "checkpoint/checkpoint.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <string>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"
#include "checkpoint/expected_dtype.hpp"
#include "checkpoint/written_tensors.hpp"

using namespace portwright::checkpoint;
using portwright::Json;
using portwright::TemporaryFolder;
using portwright::testing::says;

namespace {

const std::string small_config = R"({"model_type": "llama", "torch_dtype": "bfloat16"})";

void write_small(const TemporaryFolder& folder) {
  folder.write("config.json", small_config);
  folder.write("model.safetensors", small_file());
}

std::string index_of(const Json& weight_map) {
  return Json{{"metadata", Json::object()}, {"weight_map", weight_map}}.dump();
}

std::string complaint(const TemporaryFolder& folder) {
  const auto opened = open_checkpoint(folder.path());
  if (opened) return "";
  CHECK(opened.error().fault == portwright::Fault::input);
  CHECK_FALSE(opened.error().remedy.empty());
  return opened.error().sentence;
}

}  // namespace

TEST_CASE("a checkpoint of one file") {
  const TemporaryFolder folder;
  write_small(folder);
  const auto opened = open_checkpoint(folder.path());
  REQUIRE(opened);
  CHECK(opened->model_type == "llama");
  CHECK(opened->files == std::vector{folder.path() / "model.safetensors"});
  CHECK(opened->tensors.size() == 2);
  CHECK(opened->dtype.name == "bfloat16");
  CHECK(opened->dtype.source == "config.torch_dtype");
  CHECK_FALSE(opened->has_tokenizer);
  CHECK_FALSE(opened->has_chat_template);
}

TEST_CASE("a checkpoint of shards, with and without an index") {
  const TemporaryFolder folder;
  folder.write("config.json", small_config);
  folder.write("model-00001-of-00002.safetensors", file_bytes(Json{{"x", entry("F32", {1}, 0, 4)}}.dump(), "1234"));
  folder.write("model-00002-of-00002.safetensors", small_file());
  folder.write("consolidated.safetensors", small_file());
  const auto without = open_checkpoint(folder.path());
  REQUIRE(without);
  CHECK(without->files.size() == 2);
  REQUIRE(without->tensors.size() == 3);
  CHECK(without->tensors.back().name == "x");

  folder.write("model.safetensors.index.json", index_of({{"x", "model-00001-of-00002.safetensors"},
                                                         {"a", "model-00002-of-00002.safetensors"},
                                                         {"b", "model-00002-of-00002.safetensors"}}));
  const auto with = open_checkpoint(folder.path());
  REQUIRE(with);
  CHECK(with->files == without->files);
}

TEST_CASE("a folder that is no checkpoint") {
  const TemporaryFolder folder;
  CHECK(says(complaint(folder), "has no config.json"));
  CHECK(says(open_checkpoint(folder.path() / "missing").error().sentence, "does not exist"));
  CHECK(says(open_checkpoint(folder.write("file", "")).error().sentence, "is not a folder"));
}

TEST_CASE("a config.json that cannot be used") {
  const TemporaryFolder folder;
  write_small(folder);
  folder.write("config.json", "{\n  \"model_type\": \"llama\",\n}");
  CHECK(says(complaint(folder), (folder.path() / "config.json").string() + ":3:1: "));
  CHECK(says(open_checkpoint(folder.path()).error().detail, "^"));
  folder.write("config.json", "[]");
  CHECK(says(complaint(folder), "not a JSON object"));
  folder.write("config.json", "{}");
  CHECK(says(complaint(folder), "names no model_type"));
  folder.write("config.json", R"({"model_type": 3})");
  CHECK(says(complaint(folder), "names no model_type"));
}

TEST_CASE("weights that are not there") {
  const TemporaryFolder folder;
  folder.write("config.json", small_config);
  CHECK(says(complaint(folder), "has no weights"));
  folder.write("pytorch_model.bin", "");
  CHECK(says(complaint(folder), "it has .bin files, which are not read"));
}

TEST_CASE("an index that does not fit its shards") {
  const TemporaryFolder folder;
  write_small(folder);
  const auto with = [&](const std::string& index) {
    folder.write("model.safetensors.index.json", index);
    return complaint(folder);
  };
  CHECK(with(index_of({{"a", "model.safetensors"}, {"b", "model.safetensors"}})).empty());
  CHECK(says(with(index_of({{"a", "model.safetensors"}, {"c", "model-00002.safetensors"}})),
             "names model-00002.safetensors, which is missing"));
  CHECK(says(with(index_of({{"a", "model.safetensors"}, {"c", "model.safetensors"}})),
             "lacks tensor 'c', which the index places there"));
  CHECK(says(with(index_of({{"a", "../model.safetensors"}})), "no file name"));
  CHECK(says(with(index_of({{"a", "/etc/passwd"}})), "no file name"));
  CHECK(says(with(index_of({{"a", 1}})), "no file name"));
  CHECK(says(with("{}"), "has no weight_map"));
  CHECK(says(with("[]"), "has no weight_map"));
  CHECK(says(with("{"), "not valid JSON"));
}

TEST_CASE("damaged shards and tensors that come twice") {
  const TemporaryFolder folder;
  write_small(folder);
  folder.write("model-2.safetensors", small_file());
  CHECK(says(complaint(folder), "tensor 'a' is in both"));
  folder.write("model-2.safetensors", small_file().substr(0, 50));
  CHECK(says(complaint(folder), "truncated"));
  std::filesystem::remove(folder.path() / "model-2.safetensors");
  folder.write("model.safetensors", file_bytes("{}", ""));
  CHECK(says(complaint(folder), "without a tensor"));
}

TEST_CASE("the tokenizer and the chat template are seen") {
  const TemporaryFolder folder;
  write_small(folder);
  folder.write("tokenizer_config.json", R"({"chat_template": null})");
  CHECK(open_checkpoint(folder.path()).value().has_tokenizer);
  CHECK_FALSE(open_checkpoint(folder.path()).value().has_chat_template);
  folder.write("tokenizer_config.json", R"({"chat_template": "{{ messages }}"})");
  CHECK(open_checkpoint(folder.path()).value().has_chat_template);
  folder.write("tokenizer_config.json", "{");
  CHECK(says(complaint(folder), "tokenizer_config.json:1:2"));
  std::filesystem::remove(folder.path() / "tokenizer_config.json");
  folder.write("chat_template.jinja", "");
  CHECK(open_checkpoint(folder.path()).value().has_chat_template);
}

TEST_CASE("the expected dtype comes from the first place that names one") {
  const std::vector<TensorInfo> tensors{
      {"a", "F32", {1}, 0, 4}, {"b", "BF16", {1}, 4, 6}, {"c", "BF16", {1}, 6, 8}, {"d", "U32", {1}, 8, 12}};
  const auto from = [&](const Json& config) {
    const ExpectedDtype dtype = expected_dtype(config, tensors).value();
    return dtype.name + " from " + dtype.source;
  };
  CHECK(from({{"dtype", "float16"}, {"torch_dtype", "float32"}}) == "float16 from config.dtype");
  CHECK(from({{"dtype", nullptr}, {"torch_dtype", "torch.bfloat16"}}) == "bfloat16 from config.torch_dtype");
  CHECK(from({{"text_config", {{"dtype", "half"}, {"torch_dtype", "float"}}}}) ==
        "float16 from config.text_config.dtype");
  CHECK(from({{"text_config", {{"torch_dtype", "float32"}}}}) == "float32 from config.text_config.torch_dtype");
  CHECK(from({{"text_config", "none"}}) == "bfloat16 from headers (2 of 4 tensors)");
  CHECK(from({{"torch_dtype", "auto"}}) == "bfloat16 from headers (2 of 4 tensors); config.torch_dtype is \"auto\"");
  CHECK(from({{"dtype", 16}, {"torch_dtype", "float32"}}) == "float32 from config.torch_dtype; config.dtype is 16");
}

TEST_CASE("headers of no floating dtype, and as many of one as of another") {
  CHECK_FALSE(expected_dtype(Json::object(), {{"d", "U32", {1}, 0, 4}}));
  const auto tied = expected_dtype(Json::object(), {{"a", "F32", {1}, 0, 4}, {"b", "F16", {9}, 4, 22}});
  CHECK(tied.value().name == "float16");
  CHECK(tied.value().source == "headers (1 of 2 tensors)");
}

TEST_CASE("the hash of the weights is remembered until a file changes") {
  const TemporaryFolder folder;
  const TemporaryFolder cache;
  write_small(folder);
  const Checkpoint checkpoint = open_checkpoint(folder.path()).value();
  const std::string hash = weights_hash(checkpoint, cache.path()).value();
  CHECK(hash.size() == 32);

  // Other bytes behind the same size and time show that the second answer is the remembered one.
  const auto weights = folder.path() / "model.safetensors";
  const auto time = std::filesystem::last_write_time(weights);
  std::string other = small_file();
  other.back() = '!';
  folder.write("model.safetensors", other);
  std::filesystem::last_write_time(weights, time);
  CHECK(weights_hash(checkpoint, cache.path()).value() == hash);

  std::filesystem::last_write_time(weights, time + std::chrono::seconds(1));
  const std::string changed = weights_hash(checkpoint, cache.path()).value();
  CHECK(changed != hash);

  folder.write("config.json", small_config + " ");
  CHECK(weights_hash(checkpoint, cache.path()).value() != changed);
}

TEST_CASE("a cache that cannot be written or read costs time only") {
  const TemporaryFolder folder;
  const TemporaryFolder cache;
  write_small(folder);
  const Checkpoint checkpoint = open_checkpoint(folder.path()).value();
  const std::string hash = weights_hash(checkpoint, cache.path()).value();
  CHECK(weights_hash(checkpoint, cache.write("file", "")).value() == hash);
  for (const auto& entry : std::filesystem::directory_iterator(cache.path() / "hashes")) {
    std::ofstream(entry.path()) << "{\"files\": 3";
  }
  CHECK(weights_hash(checkpoint, cache.path()).value() == hash);
  std::filesystem::remove(folder.path() / "model.safetensors");
  CHECK_FALSE(weights_hash(checkpoint, cache.path()));
}
