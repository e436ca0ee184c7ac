#include "harness/manifest_of_run.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"
#include "harness/weights_memory.hpp"
#include "results/run_folder.hpp"

namespace portwright::harness {
namespace {

namespace fs = std::filesystem;

results::RunRecord example(const std::string& name) {
  return results::read_run_folder(fs::path(PORTWRIGHT_SOURCE_DIR) / "tests/data/report" / name).value();
}

TEST_CASE("every example run gives a manifest that can be read") {
  for (const auto& entry : fs::directory_iterator(fs::path(PORTWRIGHT_SOURCE_DIR) / "tests/data/report")) {
    const results::RunRecord run = results::read_run_folder(entry.path()).value();
    if (run.variants.empty()) continue;
    CAPTURE(entry.path().string());
    const Manifest manifest = manifest_of_run(run);
    const auto again = parse_manifest(manifest_text(manifest), "m.yaml");
    REQUIRE_MESSAGE(again.has_value(), (again ? "" : again.error().sentence));
    CHECK(*again == manifest);
    CHECK(manifest.variants.size() == run.variants.size());
  }
}

TEST_CASE("what was asked is what is written") {
  results::RunRecord run = example("all_pass");
  run.settings["effort"] = "quick";
  run.settings["seed"] = 7;
  run.settings["timeout_seconds"] = std::int64_t{60};
  run.settings["memory_bytes"] = 1000;
  run.settings["sandbox"] = "off";
  run.settings["prompt"] = "Once upon";
  run.settings["trust_remote_code"] = true;
  run.variants[0].has_chat_template = true;
  run.variants[0].weights_bytes = {{"bf16", 269'030'016}, {"8bit", 2}, {"4bit", 1}};
  Manifest manifest = manifest_of_run(run);
  CHECK(manifest.variants[0].checks.empty());
  CHECK(manifest.variants[0].effort == "quick");
  CHECK(manifest.variants[0].seed == 7);
  CHECK(manifest.variants[0].prompts == std::vector<std::string>{"Once upon"});
  CHECK(manifest.variants[0].type == "instruct");
  CHECK(manifest.variants[0].memory_gb == 0.27);
  CHECK(manifest.timeout_seconds == 60);
  CHECK(manifest.memory_limit_bytes == 1000);
  CHECK(manifest.sandbox == "off");
  CHECK(manifest.trust_remote_code);
  CHECK(manifest.environment.transformers == run.environment["transformers"].get<std::string>());
  run.partial = true;
  CHECK(manifest_of_run(run).variants[0].checks.size() == run.settings["checks"].size());
}

TEST_CASE("relative paths count from where the run was made") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "models/tiny");
  fs::create_directories(folder.path() / "here");
  results::RunRecord run = example("all_pass");
  run.settings["directory"] = (folder.path() / "here").string();
  run.settings["port_file"] = "../llama.py";
  run.variants[0].model = "../models/tiny";
  const Manifest manifest = manifest_of_run(run);
  CHECK(manifest.variants[0].repo_id == (folder.path() / "models/tiny").string());
  REQUIRE(manifest.port.has_value());
  CHECK(manifest.port->path == (folder.path() / "llama.py").string());
  CHECK(manifest.port->sha256 == run.port["sha256"].get<std::string>());
}

TEST_CASE("the installed port is told by versions alone") {
  results::RunRecord run = example("all_pass");
  run.port["commit"] = nullptr;
  CHECK_FALSE(manifest_of_run(run).port.has_value());
}

TEST_CASE("the bytes of weights, plain and in groups of 64") {
  checkpoint::Checkpoint checkpoint;
  checkpoint.config = Json::object();
  checkpoint.tensors = {
      {"matrix", "F32", {10, 128}, 0, 0}, {"odd", "BF16", {10, 7}, 0, 0}, {"norm", "BF16", {128}, 0, 0}};
  const auto memory = weights_memory(checkpoint);
  REQUIRE(memory.has_value());
  CHECK(memory->bf16 == 2 * (1280 + 70 + 128));
  CHECK(memory->in_8bit == 1280 + 20 * 4 + 2 * (70 + 128));
  CHECK(memory->in_4bit == 640 + 20 * 4 + 2 * (70 + 128));
  checkpoint.config["quantization"] = {{"bits", 4}};
  CHECK_FALSE(weights_memory(checkpoint).has_value());
}

}  // namespace
}  // namespace portwright::harness
