#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "harness/manifest.hpp"
#include "harness/manifest_fields.hpp"

namespace portwright::harness {
namespace {

constexpr const char* heading =
    "What portwright tests, as data: nothing in this file is ever executed. Outside the keys `portwright` it is\n"
    "version 1 of the manifests of mlx-lm-tests. Check it: portwright manifest --check FILE";

// Whether every reader of YAML takes the text, without quotes, for a string: no number, date, word for true or nothing.
bool is_plain(const std::string& text) {
  constexpr std::array taken{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"};
  const auto letter = [](unsigned char c) { return std::isalpha(c) != 0 || c == '_'; };
  const auto inner = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./@+:").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (text.empty() || !letter(static_cast<unsigned char>(text.front())) || text.back() == ':') return false;
  if (!std::ranges::all_of(text, inner)) return false;
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::none_of(taken, [&](std::string_view word) { return lower == word; });
}

// Writes a value in the words of JSON, with the meaning of each field where it first comes.
class Writer {
 public:
  std::string text(const Json& manifest) {
    out_ << YAML::Comment(heading) << YAML::Newline;
    value(manifest, "");
    return std::string(out_.c_str()) + "\n";
  }

 private:
  void value(const Json& json, const std::string& path) {
    if (json.is_object()) {
      object(json, path);
    } else if (json.is_array()) {
      list(json, path);
    } else if (json.is_string()) {
      const auto& text = json.get_ref<const std::string&>();
      if (!is_plain(text)) out_ << YAML::DoubleQuoted;
      out_ << text;
    } else if (json.is_boolean()) {
      out_ << json.get<bool>();
    } else if (json.is_number_float()) {
      out_ << fmt::format("{}", json.get<double>());
    } else {
      out_ << json.get<std::uint64_t>();
    }
  }

  void object(const Json& json, const std::string& path) {
    out_ << YAML::BeginMap;
    for (const auto& [name, member] : json.items()) {
      const std::string below = path.empty() ? name : path + "." + name;
      const std::string meaning(explained_.insert(below).second ? meaning_of(below) : "");
      out_ << YAML::Key << name << YAML::Value;
      const bool folded = member.is_object() || (member.is_array() && !member.empty());
      if (folded && !meaning.empty()) out_ << YAML::Comment(meaning);
      value(member, below);
      if (!folded && !meaning.empty()) out_ << YAML::Comment(meaning);
    }
    out_ << YAML::EndMap;
  }

  void list(const Json& json, const std::string& path) {
    if (json.empty()) out_ << YAML::Flow;
    out_ << YAML::BeginSeq;
    for (const Json& item : json) value(item, path);
    out_ << YAML::EndSeq;
  }

  YAML::Emitter out_;
  std::set<std::string> explained_;
};

}  // namespace

std::string manifest_text(const Manifest& manifest) { return Writer().text(to_json(manifest)); }

}  // namespace portwright::harness
