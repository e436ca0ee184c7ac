#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include "base/files.hpp"
#include "base/nearest.hpp"
#include "base/terminal.hpp"
#include "harness/manifest.hpp"
#include "harness/manifest_fields.hpp"
#include "harness/manifest_tree.hpp"
#include "harness/manifest_values.hpp"

namespace portwright::harness {
namespace {

using Kind = YamlNode::Kind;
using Look = Refused (*)(const std::string&);

constexpr std::array efforts{"quick", "default", "full"};
constexpr std::array sandboxes{"auto", "off"};
constexpr std::array variant_types{"base", "instruct"};
constexpr std::array dtypes{"bfloat16", "float16", "float32", "float64"};
constexpr std::uint64_t longest_timeout = std::uint64_t{1} << 31U;
constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

std::string shown_text(const std::string& text) { return printable(shortened(text, 60)); }

std::string_view words_for(const YamlNode& node) {
  switch (node.kind) {
    case Kind::nothing:
      return "nothing";
    case Kind::scalar:
      return "a single value";
    case Kind::list:
      return "a list";
    case Kind::mapping:
      break;
  }
  return "a mapping";
}

// Keeps the first mistake; what is read after it means nothing.
class Reading {
 public:
  Reading(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {}

  void wrong(YamlPlace place, const std::string& what, std::string remedy = {}) {
    if (!error_) error_ = yaml_error(text_, origin_, place, what, std::move(remedy));
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  std::string_view text_;
  const std::string& origin_;
  std::optional<Error> error_;
};

// One mapping of the manifest. A key that is nothing ("notes:") counts as absent.
class Section {
 public:
  Section(Reading& reading, const YamlNode& node, std::string path)
      : reading_(reading), node_(node), path_(std::move(path)) {
    if (node.kind != Kind::mapping) {
      reading.wrong(node.place, fmt::format("{} is a mapping of names to values, not {}",
                                            path_.empty() ? "a manifest" : path_, words_for(node)));
      return;
    }
    refuse_unknown();
  }

  [[nodiscard]] const YamlNode* find(const std::string& name) const {
    for (std::size_t i = 0; i < node_.keys.size(); ++i) {
      if (node_.keys[i].name == name) return node_.items[i].kind == Kind::nothing ? nullptr : &node_.items[i];
    }
    return nullptr;
  }

  const YamlNode* required(const std::string& name) {
    const YamlNode* found = find(name);
    if (found == nullptr) reading_.wrong(node_.place, fmt::format("'{}' is missing here", full(name)));
    return found;
  }

  void text(const std::string& name, std::string& into, Look look) {
    if (const YamlNode* node = find(name)) scalar(*node, full(name), into, look);
  }

  void word(const std::string& name, std::string& into, std::span<const char* const> words) {
    const YamlNode* node = find(name);
    if (node == nullptr) return;
    std::string value;
    scalar(*node, full(name), value, [](const std::string&) { return Refused(); });
    if (std::ranges::find(words, value) == words.end()) {
      const auto meant = nearest(value, {words.begin(), words.end()});
      reading_.wrong(node->place,
                     fmt::format("'{}' is one of {}, not '{}'", full(name), fmt::join(words, ", "), shown_text(value)),
                     meant ? fmt::format("did you mean '{}'?", *meant) : "");
      return;
    }
    into = value;
  }

  void truth(const std::string& name, bool& into) {
    const YamlNode* node = find(name);
    if (node == nullptr) return;
    const bool known = node->kind == Kind::scalar && !node->quoted && (node->text == "true" || node->text == "false");
    if (!known) reading_.wrong(node->place, fmt::format("'{}' is true or false{}", full(name), not_this(*node)));
    into = node->text == "true";
  }

  void whole(const std::string& name, std::uint64_t& into, std::uint64_t least, std::uint64_t most) {
    const YamlNode* node = find(name);
    if (node == nullptr) return;
    const char* end = node->text.data() + node->text.size();
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(node->text.data(), end, value);
    const bool fine = node->kind == Kind::scalar && !node->quoted && error == std::errc{} && stop == end;
    if (!fine || value < least || value > most) {
      reading_.wrong(node->place,
                     fmt::format("'{}' is a whole number from {} to {}{}", full(name), least, most, not_this(*node)));
      return;
    }
    into = value;
  }

  void gigabytes(const std::string& name, std::optional<double>& into) {
    const YamlNode* node = find(name);
    if (node == nullptr) return;
    constexpr double most = 1e6;
    const char* end = node->text.data() + node->text.size();
    double value = 0;
    const auto [stop, error] = std::from_chars(node->text.data(), end, value);
    const bool fine = node->kind == Kind::scalar && !node->quoted && error == std::errc{} && stop == end;
    if (!fine || !std::isfinite(value) || value < 0 || value > most) {
      reading_.wrong(node->place, fmt::format("'{}' is a number from 0 to {}{}", full(name), most, not_this(*node)));
      return;
    }
    into = value;
  }

  void texts(const std::string& name, std::vector<std::string>& into, Look look) {
    const YamlNode* node = find(name);
    if (node == nullptr) return;
    if (node->kind != Kind::list) {
      reading_.wrong(node->place, fmt::format("'{}' is a list, not {}", full(name), words_for(*node)));
      return;
    }
    for (const YamlNode& item : node->items) scalar(item, full(name), into.emplace_back(), look);
  }

  [[nodiscard]] std::string full(const std::string& name) const { return path_.empty() ? name : path_ + "." + name; }

 private:
  static std::string not_this(const YamlNode& node) {
    if (node.kind != Kind::scalar) return fmt::format(", not {}", words_for(node));
    return fmt::format(", not {}",
                       node.quoted ? "the text \"" + shown_text(node.text) + "\"" : "'" + shown_text(node.text) + "'");
  }

  void scalar(const YamlNode& node, const std::string& name, std::string& into, Look look) {
    if (node.kind != Kind::scalar) {
      reading_.wrong(node.place, fmt::format("'{}' is text, not {}", name, words_for(node)));
      return;
    }
    if (const Refused why = look(node.text); !why.empty()) {
      reading_.wrong(node.place, fmt::format("'{}' cannot be '{}': {}", name, shown_text(node.text), printable(why)));
      return;
    }
    into = node.text;
  }

  void refuse_unknown() {
    const std::vector<std::string> known = known_names(path_);
    for (const YamlKey& key : node_.keys) {
      if (std::ranges::find(known, key.name) != known.end()) continue;
      const auto meant = nearest(key.name, known);
      reading_.wrong(
          key.place,
          fmt::format("'{}' is no key {}", shown_text(key.name),
                      path_.empty() ? "of a manifest" : "of '" + path_ + "'"),
          meant ? fmt::format("did you mean '{}'?", *meant) : fmt::format("there are {}", fmt::join(known, ", ")));
      return;
    }
  }

  Reading& reading_;
  const YamlNode& node_;
  std::string path_;
};

PullRequest read_pr(Reading& reading, const YamlNode& node) {
  PullRequest pr;
  Section section(reading, node, "pr");
  for (const char* name : {"number", "repo", "branch"}) section.required(name);
  constexpr std::uint64_t largest_number = 1'000'000'000;
  section.whole("number", pr.number, 1, largest_number);
  section.text("repo", pr.repo, refused_repository);
  section.text("branch", pr.branch, refused_revision);
  return pr;
}

WeightsMemory read_memory(Reading& reading, const YamlNode& node, const std::string& path) {
  WeightsMemory memory;
  Section section(reading, node, path);
  for (const char* name : {"bf16", "8bit", "4bit"}) section.required(name);
  section.whole("bf16", memory.bf16, 0, largest);
  section.whole("8bit", memory.in_8bit, 0, largest);
  section.whole("4bit", memory.in_4bit, 0, largest);
  return memory;
}

void read_own(Reading& reading, const YamlNode& node, ManifestVariant& variant) {
  Section section(reading, node, "variants.portwright");
  section.text("revision", variant.revision, refused_revision);
  section.text("model_type", variant.model_type, refused_type_name);
  section.text("dtype_source", variant.dtype_source, refused_line);
  if (const YamlNode* memory = section.find("memory_bytes")) {
    variant.memory_bytes = read_memory(reading, *memory, section.full("memory_bytes"));
  }
  section.texts("checks", variant.checks, refused_glob);
  section.texts("skip", variant.skip, refused_glob);
  section.word("effort", variant.effort, efforts);
  section.whole("seed", variant.seed, 0, largest);
  section.texts("prompts", variant.prompts, refused_text);
}

ManifestVariant read_variant(Reading& reading, const YamlNode& node) {
  ManifestVariant variant;
  Section section(reading, node, "variants");
  section.required("repo_id");
  section.text("repo_id", variant.repo_id, refused_model);
  section.word("type", variant.type, variant_types);
  section.gigabytes("memory_gb", variant.memory_gb);
  section.word("expected_dtype", variant.expected_dtype, dtypes);
  if (const YamlNode* own = section.find("portwright")) read_own(reading, *own, variant);
  return variant;
}

void read_variants(Reading& reading, const YamlNode& node, Manifest& manifest) {
  constexpr std::size_t most = 1000;
  if (node.kind != Kind::list || node.items.empty() || node.items.size() > most) {
    reading.wrong(node.place, fmt::format("'variants' is a list of 1 to {}, not {}", most,
                                          node.kind == Kind::list ? fmt::format("of {}", node.items.size())
                                                                  : std::string(words_for(node))));
    return;
  }
  for (const YamlNode& item : node.items) manifest.variants.push_back(read_variant(reading, item));
}

ManifestPort read_port(Reading& reading, const YamlNode& node) {
  ManifestPort port;
  Section section(reading, node, "portwright.port");
  const YamlNode* path = section.required("path");
  section.text("repository", port.repository, refused_url);
  section.text("path", port.path, port.repository.empty() ? refused_path : refused_beside);
  if (path != nullptr && !port.repository.empty() && port.path.starts_with('/')) {
    reading.wrong(path->place, "'portwright.port.path' lies within the repository and so is no absolute path");
  }
  section.text("commit", port.commit, refused_commit);
  section.text("sha256", port.sha256, refused_sha256);
  section.text("patch", port.patch, refused_beside);
  section.text("patch_sha256", port.patch_sha256, refused_sha256);
  return port;
}

ManifestEnvironment read_environment(Reading& reading, const YamlNode& node) {
  ManifestEnvironment environment;
  Section section(reading, node, "portwright.environment");
  section.text("python", environment.python, refused_version);
  section.text("mlx", environment.mlx, refused_version);
  section.text("mlx_lm", environment.mlx_lm, refused_version);
  section.text("transformers", environment.transformers, refused_version);
  section.text("torch", environment.torch, refused_version);
  return environment;
}

void read_own(Reading& reading, const YamlNode& node, Manifest& manifest) {
  Section section(reading, node, "portwright");
  std::string schema;
  constexpr std::array schemas{"portwright.manifest/1"};
  section.required("schema");
  section.word("schema", schema, schemas);
  if (const YamlNode* port = section.find("port")) manifest.port = read_port(reading, *port);
  if (const YamlNode* environment = section.find("environment")) {
    manifest.environment = read_environment(reading, *environment);
  }
  section.word("sandbox", manifest.sandbox, sandboxes);
  section.whole("timeout_seconds", manifest.timeout_seconds, 1, longest_timeout);
  section.whole("memory_limit_bytes", manifest.memory_limit_bytes, 0, largest);
}

Manifest read_tree(Reading& reading, const YamlNode& root) {
  Manifest manifest;
  Section section(reading, root, "");
  std::uint64_t version = 1;
  section.required("version");
  section.whole("version", version, 1, largest);
  if (const YamlNode* node = section.find("version"); node != nullptr && version != 1) {
    reading.wrong(node->place,
                  fmt::format("this is version {} of the manifests; this program reads version 1", version));
  }
  if (const YamlNode* pr = section.find("pr")) manifest.pr = read_pr(reading, *pr);
  section.required("model_type");
  section.text("model_type", manifest.model_type, refused_type_name);
  if (const YamlNode* variants = section.required("variants")) read_variants(reading, *variants, manifest);
  section.truth("quantize", manifest.quantize);
  section.truth("trust_remote_code", manifest.trust_remote_code);
  section.text("transformers_version", manifest.transformers_version, refused_version);
  section.texts("extra_pip", manifest.extra_pip, refused_requirement);
  section.text("notes", manifest.notes, refused_text);
  if (const YamlNode* own = section.find("portwright")) read_own(reading, *own, manifest);
  return manifest;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const std::string& origin) {
  const auto root = parse_yaml(text, origin);
  if (!root) return tl::unexpected<Error>(root.error());
  Reading reading(text, origin);
  Manifest manifest = read_tree(reading, *root);
  if (reading.error()) return tl::unexpected<Error>(*reading.error());
  return manifest;
}

Result<Manifest> read_manifest(const std::filesystem::path& file) {
  std::error_code error;
  // A device or a pipe may never end, and a large file is told by its size before it is read.
  if (!std::filesystem::is_regular_file(file, error)) {
    return fail(Fault::input, fmt::format("{} is not a file", file.string()), "name a manifest");
  }
  constexpr std::uintmax_t most = 1'000'000;
  if (const auto bytes = std::filesystem::file_size(file, error); !error && bytes > most) {
    return fail(Fault::input,
                fmt::format("{}:1:1: the file has {} bytes; a manifest has at most {}", file.string(), bytes, most));
  }
  const auto text = read_file(file);
  if (!text) return tl::unexpected<Error>(text.error());
  return parse_manifest(*text, file.string());
}

}  // namespace portwright::harness
