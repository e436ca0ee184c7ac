#include "checkpoint/model_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace portwright::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view builtin_prefix = "builtin:";
constexpr std::string_view synthetic_prefix = "synthetic:";
constexpr std::array<std::string_view, 1> builtins{"smollm2"};
constexpr const char* forms =
    "name a folder, a Hub repository (org/name or org/name@revision), builtin:smollm2 or synthetic:MODEL_TYPE";

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_word_character) && text.front() != '.' && text.front() != '-';
}

// The Hub's own rules for each half of a repository's name.
bool is_hub_word(std::string_view text) {
  return is_word(text) && text.size() <= 96 && text.back() != '.' && text.back() != '-' &&
         text.find("--") == std::string_view::npos && text.find("..") == std::string_view::npos;
}

bool is_revision(std::string_view text) {
  return !text.empty() && text.find("..") == std::string_view::npos && text.front() != '/' && text.back() != '/' &&
         std::ranges::all_of(text, [](char c) { return is_word_character(c) || c == '/'; });
}

tl::unexpected<Error> malformed(std::string_view text, const std::string& what) {
  return fail(Fault::input, fmt::format("'{}' is not a model: {}", text, what), forms);
}

Result<ModelName> parse_builtin(ModelName model, std::string_view text) {
  const std::string_view name = text.substr(builtin_prefix.size());
  if (std::ranges::find(builtins, name) == builtins.end()) {
    return malformed(text, fmt::format("there is no builtin of this name, only {}", fmt::join(builtins, ", ")));
  }
  model.source = Source::builtin;
  model.name = name;
  return model;
}

Result<ModelName> parse_synthetic(ModelName model, std::string_view text) {
  const std::string_view rest = text.substr(synthetic_prefix.size());
  const std::size_t hash = rest.find('#');
  model.source = Source::synthetic;
  model.name = rest.substr(0, hash);
  if (!is_word(model.name)) return malformed(text, "after 'synthetic:' comes a model type, such as llama");
  if (hash != std::string_view::npos) {
    model.variant = rest.substr(hash + 1);
    if (!is_word(model.variant)) return malformed(text, "after '#' comes a variant's name, such as tied");
  }
  return model;
}

Result<ModelName> parse_hub(ModelName model, std::string_view text) {
  const std::size_t at = text.find('@');
  const std::string_view repository = text.substr(0, at);
  const std::size_t slash = repository.find('/');
  const bool is_path = text.starts_with('.') || text.starts_with('/') || text.starts_with('~') ||
                       slash == std::string_view::npos || repository.find('/', slash + 1) != std::string_view::npos;
  if (is_path) return malformed(text, "there is no folder of this name");
  if (!is_hub_word(repository.substr(0, slash)) || !is_hub_word(repository.substr(slash + 1))) {
    return malformed(text, "there is no folder of this name, and the Hub does not allow it for a repository");
  }
  model.source = Source::hub;
  model.name = repository;
  if (at != std::string_view::npos) {
    model.revision = text.substr(at + 1);
    if (!is_revision(model.revision)) return malformed(text, "after '@' comes a branch, a tag or a commit");
  }
  return model;
}

void append_safely(std::string& id, std::string_view text) {
  for (const char c : text) {
    if (c == '/') {
      id += "--";
    } else {
      id += is_word_character(c) || c == '@' ? c : '_';
    }
  }
}

}  // namespace

std::string ModelName::id() const {
  std::string id;
  switch (source) {
    case Source::folder:
      append_safely(id, fs::path(name).filename().string());
      break;
    case Source::hub:
      append_safely(id, revision.empty() ? name : name + "@" + revision);
      break;
    case Source::builtin:
      append_safely(id, "builtin/" + name);
      break;
    case Source::synthetic:
      append_safely(id, "synthetic/" + name + (variant.empty() ? "" : "/" + variant));
      break;
  }
  // A name of a folder's own must neither hide nor climb.
  if (id.empty() || id.front() == '.') id.insert(0, "_");
  return id;
}

Result<ModelName> parse_model_name(std::string_view text) {
  ModelName model;
  model.text = text;
  if (text.empty()) return malformed(text, "it is empty");
  if (text.starts_with(builtin_prefix)) return parse_builtin(model, text);
  if (text.starts_with(synthetic_prefix)) return parse_synthetic(model, text);

  std::error_code ignored;
  if (!fs::exists(text, ignored)) return parse_hub(model, text);
  if (!fs::is_directory(text, ignored)) return malformed(text, "it is a file, not the folder of a checkpoint");
  fs::path folder = fs::absolute(text).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  model.source = Source::folder;
  model.name = folder.string();
  return model;
}

}  // namespace portwright::checkpoint
