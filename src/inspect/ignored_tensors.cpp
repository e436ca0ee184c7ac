#include "inspect/ignored_tensors.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <regex>

namespace portwright::inspect {
namespace {

using checkpoint::TensorInfo;

// The library's matcher goes as deep as a name is long; no tensor's name is longer.
constexpr std::size_t longest_name = 512;

struct Pattern {
  NamePattern from;
  std::optional<std::regex> expression;  // nothing where the pattern is none of this library's
  std::string plain;                     // a pattern without a special character is searched for as it is

  // The reference asks only about tensors that its model does not have, and text does not tell which those are. A
  // pattern that begins within a word is taken not to fit: "attn.bias" means no "c_attn.bias".
  [[nodiscard]] bool fits(const std::string& name) const {
    if (name.size() > longest_name) return false;
    if (!plain.empty()) {
      const std::size_t at = name.find(plain);
      return at == 0 || (at != std::string::npos && (name[at - 1] == '.' || plain.front() == '.'));
    }
    std::smatch match;
    if (!expression || !std::regex_search(name, match, *expression)) return false;
    const auto at = static_cast<std::size_t>(match.position(0));
    return at == 0 || name[at - 1] == '.' || name[at] == '.';
  }
};

std::vector<Pattern> patterns_of(const ReferenceFacts& facts) {
  std::vector<Pattern> patterns;
  std::vector<NamePattern> all = facts.ignored;
  // What every model of transformers passes over, as modeling_utils says.
  all.push_back({R"(rotary_emb\.inv_freq)", "modeling_utils.py"});
  all.push_back({R"((^|\.)position_ids$)", "modeling_utils.py"});
  for (NamePattern& one : all) {
    Pattern pattern{one, std::nullopt, ""};
    if (one.text.find_first_of(R"(\.^$*+?()[]{}|)") == std::string::npos) {
      pattern.plain = one.text;
    } else {
      try {
        pattern.expression.emplace(one.text, std::regex::ECMAScript | std::regex::optimize);
      } catch (const std::regex_error&) {
        continue;
      }
    }
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

void count(IgnoredGroup& group, const TensorInfo& tensor) {
  if (group.tensors == 0) group.example = tensor.name;
  ++group.tensors;
  group.bytes += tensor.end - tensor.begin;
}

}  // namespace

IgnoredTensors ignored_tensors(const std::vector<TensorInfo>& tensors, const TensorKinds& kinds_of,
                               const ReferenceFacts& facts) {
  const std::vector<Pattern> patterns = patterns_of(facts);
  IgnoredTensors result{{}, std::vector<bool>(tensors.size())};
  std::vector<IgnoredGroup>& groups = result.groups;
  for (const Pattern& pattern : patterns) groups.push_back({pattern.from.text, pattern.from.line, "", 0, 0});
  IgnoredGroup towers{"vision, audio and projectors", "", "", 0, 0};
  IgnoredGroup further{"layers that predict further tokens (MTP)", "", "", 0, 0};
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& tensor = tensors[i];
    const auto fitting = std::ranges::find_if(patterns, [&](const Pattern& one) { return one.fits(tensor.name); });
    const Kind kind = kinds_of.of(tensor.name);
    result.is_ignored[i] = fitting != patterns.end() || kind == Kind::tower || kind == Kind::mtp;
    if (fitting != patterns.end()) {
      count(groups[static_cast<std::size_t>(fitting - patterns.begin())], tensor);
    } else if (result.is_ignored[i]) {
      count(kind == Kind::tower ? towers : further, tensor);
    }
  }
  groups.push_back(std::move(towers));
  groups.push_back(std::move(further));
  std::erase_if(groups, [](const IgnoredGroup& group) { return group.tensors == 0; });
  return result;
}

}  // namespace portwright::inspect
