#include "inspect/ignored_tensors.hpp"

#include <algorithm>
#include <limits>
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
  for (const NamePattern& one : facts.ignored) {
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
  // What every model of transformers passes over, as modeling_utils says.
  for (const char* plain : {"rotary_emb.inv_freq", "position_ids"}) {
    patterns.push_back({{plain, "modeling_utils.py"}, std::nullopt, plain});
  }
  return patterns;
}

// Which pattern a name fits first. Names that differ in numbers alone fit alike, unless a pattern has a number.
class Fitting {
 public:
  Fitting(const std::vector<Pattern>& patterns, std::size_t forms) : patterns_(patterns), known_(forms, unasked) {
    by_form_ = std::ranges::none_of(patterns, [](const Pattern& pattern) {
      return pattern.from.text.find_first_of("0123456789") != std::string::npos;
    });
  }

  // The pattern's place, or the number of patterns where none fits.
  [[nodiscard]] std::size_t of(const std::string& name, std::uint32_t form) {
    if (by_form_ && known_[form] != unasked) return known_[form];
    const auto fitting = std::ranges::find_if(patterns_, [&](const Pattern& one) { return one.fits(name); });
    return known_[form] = static_cast<std::size_t>(fitting - patterns_.begin());
  }

 private:
  static constexpr std::size_t unasked = std::numeric_limits<std::size_t>::max();
  const std::vector<Pattern>& patterns_;
  std::vector<std::size_t> known_;
  bool by_form_ = false;
};

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
  Fitting fitting(patterns, kinds_of.form_count());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& tensor = tensors[i];
    const std::size_t pattern = fitting.of(tensor.name, kinds_of.form_of(i));
    const Kind kind = kinds_of.of(i);
    result.is_ignored[i] = pattern < patterns.size() || kind == Kind::tower || kind == Kind::mtp;
    if (pattern < patterns.size()) {
      count(groups[pattern], tensor);
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
