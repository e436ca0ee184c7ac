#include "harness/manifest_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "base/terminal.hpp"
#include "base/utf8.hpp"

namespace portwright::harness {
namespace {

constexpr std::size_t most_bytes = 1'000'000;
constexpr std::size_t most_levels = 8;

// What stops the parser from within its own callbacks; it never leaves this file.
struct Refusal {
  YamlPlace place;
  std::string what;
};

YamlPlace place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add({YamlNode::Kind::nothing, place_of(mark), "", false, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { refuse_anchor(mark, 1); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    add({YamlNode::Kind::scalar, place_of(mark), value, tag == "!", {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(YamlNode::Kind::mapping, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] YamlNode take() { return std::move(root_); }

 private:
  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) throw Refusal{place_of(mark), "a manifest has no anchors and aliases (&name, *name)"};
  }
  // "?" is a plain scalar, "!" a quoted one.
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refusal{place_of(mark), fmt::format("a manifest has no tags ({})", printable(shortened(tag, 40)))};
    }
  }

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back().kind == YamlNode::Kind::mapping &&
           open_.back().keys.size() == open_.back().items.size();
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (expects_key()) {
      add_key(node);
    } else {
      open_.back().items.push_back(std::move(node));
    }
  }

  void add_key(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar) throw Refusal{node.place, "a key is one word"};
    std::vector<YamlKey>& keys = open_.back().keys;
    const auto before = std::ranges::find(keys, node.text, &YamlKey::name);
    if (before != keys.end()) {
      throw Refusal{node.place, fmt::format("'{}' was given already in line {}", printable(shortened(node.text, 40)),
                                            before->place.line)};
    }
    constexpr std::size_t most_keys = 1000;
    if (keys.size() >= most_keys) throw Refusal{node.place, "no part of a manifest has so many keys"};
    keys.push_back({node.text, node.place});
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (expects_key()) throw Refusal{place_of(mark), "a key is one word"};
    if (open_.size() >= most_levels) {
      throw Refusal{place_of(mark), fmt::format("it is nested deeper than {} levels", most_levels)};
    }
    open_.push_back({kind, place_of(mark), "", false, {}, {}});
  }

  void close() {
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    add(std::move(node));
  }

  YamlNode root_;
  std::vector<YamlNode> open_;  // from the root to what is being filled
};

std::string_view line_at(std::string_view text, int number) {
  for (; number > 1; --number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// What yaml-cpp would mend, misread or take for something else in silence.
std::optional<Refusal> unreadable(std::string_view text) {
  YamlPlace place;
  bool in_indentation = true;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid) return Refusal{place, "this is no UTF-8 text"};
    if (character.point == 0) return Refusal{place, "there is a zero byte in the text"};
    if (in_indentation && character.point == '\t') return Refusal{place, "a tab indents nothing in YAML: use spaces"};
    in_indentation = character.point == '\n' || (in_indentation && character.point == ' ');
    place = character.point == '\n' ? YamlPlace{place.line + 1, 1} : YamlPlace{place.line, place.column + 1};
    text.remove_prefix(character.bytes.size());
  }
  return std::nullopt;
}

Result<YamlNode> parsed(std::string_view text, const std::string& origin) {
  try {
    // The mark of the end: without it yaml-cpp takes a quoted text that is never closed for one that is.
    std::istringstream stream(std::string(text) + "\n...\n");
    YAML::Parser parser(stream);
    TreeBuilder builder;
    parser.HandleNextDocument(builder);
    TreeBuilder further;
    if (parser.HandleNextDocument(further)) return fail(Fault::input, origin + " holds more than one document");
    return builder.take();
  } catch (const Refusal& refusal) {
    return tl::unexpected(yaml_error(text, origin, refusal.place, refusal.what));
  } catch (const YAML::Exception& error) {
    return tl::unexpected(yaml_error(text, origin, place_of(error.mark), "this is no YAML: " + error.msg));
  } catch (const std::exception& error) {
    return fail(Fault::input, origin + " is no YAML: " + printable(error.what()));
  }
}

}  // namespace

Error yaml_error(std::string_view text, const std::string& origin, YamlPlace place, const std::string& what,
                 std::string remedy) {
  constexpr int widest = 100;
  constexpr std::size_t most_shown = 400;
  std::string detail;
  if (const std::string_view line = line_at(text, place.line); !line.empty() && place.column <= widest) {
    detail = shortened(printable(line.substr(0, most_shown)), widest) + "\n" +
             std::string(static_cast<std::size_t>(std::max(0, place.column - 1)), ' ') + "^";
  }
  return {Fault::input, fmt::format("{}:{}:{}: {}", origin, place.line, place.column, what), std::move(remedy),
          std::move(detail)};
}

Result<YamlNode> parse_yaml(std::string_view text, const std::string& origin) {
  if (text.size() > most_bytes) {
    return fail(Fault::input,
                fmt::format("{} has {} bytes; a manifest has at most {}", origin, text.size(), most_bytes));
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (const auto refusal = unreadable(text)) {
    return tl::unexpected(yaml_error(text, origin, refusal->place, refusal->what));
  }
  return parsed(text, origin);
}

}  // namespace portwright::harness
