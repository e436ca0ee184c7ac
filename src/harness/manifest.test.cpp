#include "harness/manifest.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"
#include "base/testing.hpp"

namespace portwright::harness {
namespace {

using testing::says;

// As mlx-lm-tests has it: nothing of ours.
constexpr const char* of_the_peers = R"(version: 1
pr:
  number: 42
  repo: somebody/mlx-lm
  branch: add-llama
model_type: llama
trust_remote_code: true
transformers_version: 4.56.2
extra_pip:
  - flash-linear-attention>=0.5.0
variants:
  - repo_id: org/Model-7B
    type: base
    memory_gb: 16
    expected_dtype: bfloat16
  - repo_id: org/Model-7B-Instruct
    type: instruct
    memory_gb: 15.5
    expected_dtype: bfloat16
quantize: true
notes: >
  One variant has no rope_theta:
  look at the long text.
)";

std::string refusal(const std::string& text) {
  const auto manifest = parse_manifest(text, "m.yaml");
  REQUIRE_FALSE(manifest.has_value());
  CHECK(manifest.error().fault == Fault::input);
  return manifest.error().sentence + "; " + manifest.error().remedy;
}

const std::string head = "version: 1\nmodel_type: llama\n";

std::string with_variant(const std::string& lines) { return head + "variants:\n  - " + lines + "\n"; }

Manifest full_manifest() {
  Manifest manifest;
  manifest.pr = PullRequest{7, "org/mlx-lm", "feature/llama"};
  manifest.model_type = "llama";
  ManifestVariant variant;
  variant.repo_id = "org/Model-7B";
  variant.type = "instruct";
  variant.memory_gb = 14.97;
  variant.expected_dtype = "bfloat16";
  variant.revision = "0123456789012345678901234567890123456789";
  variant.model_type = "llama";
  variant.dtype_source = "headers (270 of 272 tensors)";
  variant.memory_bytes = WeightsMemory{15'000'000'000, 8'000'000'000, 4'200'000'000};
  variant.checks = {"parity.*", "load"};
  variant.skip = {"behaviour.*"};
  variant.effort = "full";
  variant.seed = 18446744073709551615ULL;
  variant.prompts = {"two\nlines: \"quoted\" \\ 'é' \t # - [", "yes", "1.0", " a ", ""};
  manifest.variants = {variant, {}};
  manifest.variants[1].repo_id = "/models/a b/it's";
  manifest.quantize = false;
  manifest.trust_remote_code = true;
  manifest.transformers_version = "5.23";
  manifest.extra_pip = {"fla>=0.5"};
  manifest.notes = "a: b\n- c\n";
  manifest.port = ManifestPort{"https://example.org/mlx-lm.git",
                               "mlx_lm/models/llama.py",
                               "1234567",
                               std::string(64, 'a'),
                               "port.patch",
                               std::string(64, '0')};
  manifest.environment = {"3.11.7", "0.32.4", "0.32.2", "5.23.0", "2.13.0+cpu"};
  manifest.sandbox = "off";
  manifest.timeout_seconds = 60;
  manifest.memory_limit_bytes = 8'000'000'000;
  return manifest;
}

TEST_CASE("a manifest of the peers is read as it is") {
  const auto manifest = parse_manifest(of_the_peers, "m.yaml");
  REQUIRE(manifest.has_value());
  REQUIRE(manifest->variants.size() == 2);
  CHECK(manifest->pr == PullRequest{42, "somebody/mlx-lm", "add-llama"});
  CHECK(manifest->variants[1].repo_id == "org/Model-7B-Instruct");
  CHECK(manifest->variants[1].type == "instruct");
  CHECK(manifest->variants[1].memory_gb == 15.5);
  CHECK(manifest->transformers_version == "4.56.2");
  CHECK(manifest->extra_pip == std::vector<std::string>{"flash-linear-attention>=0.5.0"});
  CHECK(manifest->notes == "One variant has no rope_theta: look at the long text.\n");
  CHECK(manifest->variants[0].effort == "default");
  CHECK(manifest->sandbox == "auto");
  CHECK(missing_for_peers(*manifest).empty());
}

TEST_CASE("what is written is read as the same, whatever the texts hold") {
  for (const Manifest& manifest : {full_manifest(), parse_manifest(of_the_peers, "m.yaml").value()}) {
    const std::string text = manifest_text(manifest);
    const auto again = parse_manifest(text, "m.yaml");
    REQUIRE_MESSAGE(again.has_value(), text);
    CHECK(*again == manifest);
    CHECK(manifest_text(*again) == text);
  }
}

TEST_CASE("each field is explained once, where it first comes") {
  const std::string text = manifest_text(full_manifest());
  const std::string meaning = "# base: completes text; instruct: has a chat template";
  const std::size_t first = text.find(meaning);
  REQUIRE(first != std::string::npos);
  CHECK(text.find(meaning, first + 1) == std::string::npos);
}

TEST_CASE("a manifest without a pull request says what the peers miss") {
  Manifest manifest = full_manifest();
  manifest.pr.reset();
  CHECK(says(missing_for_peers(manifest), "pr, expected_dtype of /models"));
}

TEST_CASE("an unknown key is told with its place and the nearest known one") {
  CHECK(says(refusal(head + "variant:\n  - repo_id: org/a\n"),
             "m.yaml:3:1: 'variant' is no key of a manifest; did you mean 'variants'?"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    dtype: bfloat16")),
             "m.yaml:5:5: 'dtype' is no key of 'variants'"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    portwright: {efort: full}")), "did you mean 'effort'?"));
  CHECK(says(refusal(with_variant("repo_id: org/a") + "portwright: {schema: portwright.manifest/1, ports: 1}"),
             "did you mean 'port'?"));
}

TEST_CASE("what is missing, of another type or out of range is one sentence with its place") {
  CHECK(says(refusal("model_type: llama\nvariants: [{repo_id: org/a}]\n"), "'version' is missing"));
  CHECK(says(refusal("version: 2\nmodel_type: llama\n"), "m.yaml:1:10: this is version 2"));
  CHECK(says(refusal("version: \"1\"\n"), "not the text \"1\""));
  CHECK(says(refusal(head), "'variants' is missing"));
  CHECK(says(refusal(head + "variants: []\n"), "a list of 1 to 1000, not of 0"));
  CHECK(says(refusal(head + "variants: org/a\n"), "not a single value"));
  CHECK(says(refusal(head + "variants: [org/a]\n"), "m.yaml:3:12: variants is a mapping of names to values"));
  CHECK(says(refusal(with_variant("type: base")), "'variants.repo_id' is missing"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    type: chat")), "one of base, instruct, not 'chat'"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    memory_gb: 1e400")), "number from 0 to 1000000"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    memory_gb: -1")), "number from 0 to 1000000"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    memory_gb: .nan")), "number from 0 to 1000000"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    expected_dtype: bf16")), "one of bfloat16, float16"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    portwright: {seed: 18446744073709551616}")), "whole number"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    portwright: {seed: -1}")), "whole number"));
  CHECK(says(refusal(with_variant("repo_id: org/a\n    portwright: {checks: load}")),
             "'variants.portwright.checks' is a list"));
  CHECK(says(refusal(with_variant("repo_id: org/a") + "quantize: \"true\"\n"), "true or false"));
  CHECK(says(refusal(with_variant("repo_id: org/a") + "pr: {number: 1, repo: org/a}\n"), "'pr.branch' is missing"));
  CHECK(says(refusal("- a\n"), "a manifest is a mapping"));
  CHECK(says(refusal(""), "a manifest is a mapping of names to values, not nothing"));
}

TEST_CASE("words that would be more than data are refused") {
  const std::vector<std::string> models{"\"org/a\\nimport os\"",
                                        "\"org/a'); import os; ('\"",
                                        "org/../../etc",
                                        "../a",
                                        "/models/../etc",
                                        "--help",
                                        "\"\"",
                                        "synthetic:../x",
                                        "builtin:nothing",
                                        "org/a@-x",
                                        "[org/a]",
                                        "\"org/\\0\""};
  for (const std::string& model : models) {
    CAPTURE(model);
    CHECK(says(refusal(with_variant("repo_id: " + model)), "m.yaml:4:14: 'variants.repo_id'"));
  }
  const auto port = [](const std::string& words) {
    return refusal(with_variant("repo_id: org/a") + "portwright: {schema: portwright.manifest/1, port: {" + words +
                   "}}");
  };
  CHECK(says(port("repository: \"ext::sh -c id\", path: a.py"), "portwright.port.repository"));
  CHECK(says(port("repository: --upload-pack=id, path: a.py"), "portwright.port.repository"));
  CHECK(says(port("repository: \"https://example.org/a\", path: /etc/passwd"), "portwright.port.path"));
  CHECK(says(port("path: ../a.py"), "climbs"));
  CHECK(says(port("path: a.py, patch: /etc/passwd"), "beside the manifest"));
  CHECK(says(port("path: a.py, commit: main"), "hexadecimal"));
  CHECK(says(refusal(with_variant("repo_id: org/a") + "extra_pip: [\"--index-url=x\"]\n"), "extra_pip"));
  CHECK(says(refusal(with_variant("repo_id: org/a") + "pr: {number: 1, repo: org/a, branch: --x}\n"), "pr.branch"));
}

TEST_CASE("every form of a model is taken") {
  for (const char* model : {"org/name", "org/name@main", "builtin:smollm2", "synthetic:llama", "'synthetic:qwen3#tied'",
                            "/models/a", "./a"}) {
    CAPTURE(model);
    CHECK(parse_manifest(with_variant(std::string("repo_id: ") + model), "m.yaml").has_value());
  }
}

TEST_CASE("hostile YAML is refused in bounded time") {
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    laughs += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i) laughs += (i == 0 ? "*" : ", *") + before;
    laughs += "]\n";
  }
  std::string blocks;
  for (int i = 0; i < 100'000; ++i) blocks += "- ";
  const auto begun = std::chrono::steady_clock::now();
  CHECK(says(refusal(laughs), "m.yaml:1:4: a manifest has no anchors and aliases"));
  CHECK(says(refusal("a: *a\n"), "m.yaml:1:4: this is no YAML"));
  CHECK(says(refusal(std::string(100'000, '[')), "m.yaml:1:1: a key is one word"));
  CHECK(says(refusal("version: " + std::string(100'000, '[')), "m.yaml:1:"));
  CHECK(says(refusal(std::string(100'000, '{')), "m.yaml:1:"));
  CHECK(says(refusal(blocks), "deeper than 8 levels"));
  CHECK(says(refusal(head + "notes: " + std::string(1'000'000, 'x')), "at most 1000000"));
  CHECK(says(refusal("version: 1\nversion: 1\n"), "m.yaml:2:1: 'version' was given already in line 1"));
  CHECK(says(refusal(head + "variants:\n\t- repo_id: org/a\n"), "m.yaml:4:1: a tab indents nothing"));
  CHECK(says(refusal(head + "notes: \xff\n"), "m.yaml:3:8: this is no UTF-8 text"));
  CHECK(says(refusal(head + "notes: é\xc3\n"), "m.yaml:3:9: this is no UTF-8 text"));
  CHECK(says(refusal("!!python/object/apply:os.system [id]\n"), "a manifest has no tags"));
  CHECK(says(refusal("version: !foo 1\n"), "a manifest has no tags"));
  CHECK(says(refusal("? [a]\n: 1\n"), "a key is one word"));
  CHECK(says(refusal("version: 1\n---\nversion: 1\n"), "more than one document"));
  CHECK(says(refusal("version: \"1\n"), "this is no YAML"));
  CHECK(says(refusal("version: 1\n...\n"), "'model_type' is missing"));
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
}

TEST_CASE("a file that is none, or a large one, is told before it is read") {
  const TemporaryFolder folder;
  CHECK(says(read_manifest(folder.path()).error().sentence, "is not a file"));
  CHECK(says(read_manifest("/dev/zero").error().sentence, "is not a file"));
  const auto large = folder.write("large.yaml", "");
  std::filesystem::resize_file(large, 50'000'000);
  CHECK(says(read_manifest(large).error().sentence, "50000000 bytes"));
  const auto good = folder.write("good.yaml", std::string("\xEF\xBB\xBF") + of_the_peers);
  CHECK(read_manifest(good).has_value());
}

}  // namespace
}  // namespace portwright::harness
