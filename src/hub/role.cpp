#include "hub/role.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace portwright::hub {
namespace {

constexpr std::array<std::string_view, 4> base_words{"base", "pt", "pretrain", "pretrained"};
constexpr std::array<std::string_view, 4> thinking_words{"thinking", "think", "reasoning", "reasoner"};
constexpr std::array<std::string_view, 6> instruct_words{"instruct", "it", "chat", "sft", "dpo", "rlvr"};

template <std::size_t N>
std::optional<Role> by_name(const Examined& model, const std::array<std::string_view, N>& words, const char* role) {
  for (const std::string& word : name_words(model.facts.repo)) {
    if (std::ranges::find(words, word) != words.end()) {
      return Role{role, fmt::format("'{}' in its name", word), Ground::name};
    }
  }
  return std::nullopt;
}

// The Hub tags what has a chat template; that is all there is where the files may not be read.
bool is_tagged(const Examined& model) { return !model.texts_read && model.facts.has_tag("conversational"); }

bool is_made_from_own(const Examined& model) {
  return !model.facts.bases.empty() && owner_of(model.facts.bases.front()) == model.facts.author;
}

// Base models may carry the template of their instruct model, so that a template alone does not speak against it.
std::optional<Role> is_base_by_name(const Examined& model) {
  auto role = by_name(model, base_words, "base");
  if (role && model.texts_read && model.chat_template.empty()) {
    role->why += ", and it has no chat template";
    role->ground = Ground::files;
  }
  return role;
}

std::optional<Role> switches_thinking(const Examined& model) {
  if (model.chat_template.find("enable_thinking") == std::string::npos) return std::nullopt;
  return Role{"thinking", "its chat template switches it", Ground::files};
}

std::optional<Role> opens_thinking(const Examined& model) {
  if (model.chat_template.find("<think>") == std::string::npos) return std::nullopt;
  return Role{"thinking", "its chat template writes <think>", Ground::files};
}

std::optional<Role> is_thinking_by_name(const Examined& model) { return by_name(model, thinking_words, "thinking"); }

std::optional<Role> talks(const Examined& model) {
  if (model.chat_template.empty() && !is_tagged(model)) return std::nullopt;
  const Ground ground = is_tagged(model) ? Ground::declared : Ground::files;
  if (!is_made_from_own(model)) return Role{"instruct", "it has a chat template", ground};
  return Role{"instruct", fmt::format("made from {}, with a chat template", model.facts.bases.front()), ground};
}

std::optional<Role> is_instruct_by_name(const Examined& model) { return by_name(model, instruct_words, "instruct"); }

std::optional<Role> is_silent(const Examined& model) {
  if (model.texts_read) return Role{"base", "it has no chat template", Ground::files};
  return Role{"base", "the Hub tags no chat template", Ground::inferred};
}

constexpr std::array role_rules{is_base_by_name, switches_thinking,   opens_thinking, is_thinking_by_name,
                                talks,           is_instruct_by_name, is_silent};

}  // namespace

Role role_of(const Examined& model) {
  for (const auto rule : role_rules) {
    if (auto role = rule(model)) return *role;
  }
  return {};
}

}  // namespace portwright::hub
