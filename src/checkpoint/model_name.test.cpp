#include "checkpoint/model_name.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/temporary_folder.hpp"

using portwright::TemporaryFolder;
using portwright::checkpoint::ModelName;
using portwright::checkpoint::parse_model_name;
using portwright::checkpoint::Source;

TEST_CASE("builtin models") {
  const ModelName model = parse_model_name("builtin:smollm2").value();
  CHECK(model.source == Source::builtin);
  CHECK(model.name == "smollm2");
  CHECK(model.id() == "builtin--smollm2");
  const auto unknown = parse_model_name("builtin:gpt5");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().fault == portwright::Fault::input);
  CHECK(unknown.error().sentence.find("only smollm2") != std::string::npos);
}

TEST_CASE("synthetic models") {
  const ModelName plain = parse_model_name("synthetic:llama").value();
  CHECK(plain.source == Source::synthetic);
  CHECK(plain.name == "llama");
  CHECK(plain.variant.empty());
  CHECK(plain.id() == "synthetic--llama");
  const ModelName variant = parse_model_name("synthetic:gemma3_text#rope-scaled").value();
  CHECK(variant.name == "gemma3_text");
  CHECK(variant.variant == "rope-scaled");
  CHECK(variant.id() == "synthetic--gemma3_text--rope-scaled");
  for (const char* wrong :
       {"synthetic:", "synthetic:#tied", "synthetic:llama#", "synthetic:ll ama", "synthetic:../x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_model_name(wrong));
  }
}

TEST_CASE("models of the Hub") {
  const ModelName model = parse_model_name("Qwen/Qwen3-0.6B").value();
  CHECK(model.source == Source::hub);
  CHECK(model.name == "Qwen/Qwen3-0.6B");
  CHECK(model.revision.empty());
  CHECK(model.id() == "Qwen--Qwen3-0.6B");
  const ModelName revised = parse_model_name("org/name@refs/pr/1").value();
  CHECK(revised.name == "org/name");
  CHECK(revised.revision == "refs/pr/1");
  CHECK(revised.id() == "org--name@refs--pr--1");
  CHECK(revised.text == "org/name@refs/pr/1");
}

TEST_CASE("names of no model say what is possible") {
  for (const char* wrong :
       {"", "gpt2", "a/b/c", "./missing", "/missing/folder", "../missing", "~/models", "org/", "/name", "org/na me",
        "org/name@", "org/name@a..b", "org/name@/x", "org/a--b", "-org/name", "org/name."}) {
    CAPTURE(wrong);
    const auto model = parse_model_name(wrong);
    REQUIRE_FALSE(model);
    CHECK(model.error().remedy.find("org/name@revision") != std::string::npos);
  }
}

TEST_CASE("a folder that exists wins over the Hub") {
  const TemporaryFolder folder;
  folder.write("org/name/config.json", "{}");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const auto model = parse_model_name("org/name/");
  const auto here = parse_model_name(".");
  std::filesystem::current_path(before);
  REQUIRE(model);
  CHECK(model->source == Source::folder);
  CHECK(model->name == (folder.path() / "org" / "name").string());
  CHECK(model->id() == "name");
  REQUIRE(here);
  CHECK(here->name == folder.path().string());
  CHECK_FALSE(parse_model_name((folder.path() / "org" / "name" / "config.json").string()));
}

TEST_CASE("an id is safe as a folder's name") {
  const TemporaryFolder folder;
  folder.write(".hidden model/config.json", "{}");
  CHECK(parse_model_name((folder.path() / ".hidden model").string()).value().id() == "_.hidden_model");
  ModelName root;
  root.name = "/";
  CHECK(root.id() == "_");
}
