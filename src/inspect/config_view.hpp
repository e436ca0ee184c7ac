// What a config says to the text model: its own values, those around it, and what the reference's class has where it
// says nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace portwright::inspect {

// Names of one thing in different configs.
using Keys = std::vector<std::string_view>;

// A value and the place it was read from: "config.rope_theta", "config.text_config.rope_theta", "class default".
struct Found {
  const Json* value = nullptr;  // null where nothing says it, or what says it says null
  std::string where;

  explicit operator bool() const { return value != nullptr; }
};

// What the reference's config class gives its attributes by itself.
struct ClassDefaults {
  Json values = Json::object();   // literals alone
  Json aliases = Json::object();  // attribute_map: the common name to the class's own
};

// The config's text part: an object within it where a model has towers too, else the config itself.
struct TextPart {
  const Json* config = nullptr;
  std::string path;  // "config.text_config"; "config" where there is one part alone

  [[nodiscard]] bool is_nested() const { return path != "config"; }
};
[[nodiscard]] TextPart text_part(const Json& config);

class ConfigView {
 public:
  // All three must outlive the view.
  ConfigView(const Json& config, const ClassDefaults& text_defaults, const ClassDefaults& whole_defaults);

  // The first of these keys that anything says, in the text part, the whole config, the text class's defaults and the
  // whole class's. A null ends the search: it means "none".
  [[nodiscard]] Found find(const Keys& keys) const;
  // Without the class's defaults.
  [[nodiscard]] Found written(const Keys& keys) const;

  // Nothing where the value is of another kind, or out of bounds: 1 to 10^12.
  [[nodiscard]] std::optional<std::uint64_t> count(const Keys& keys) const;
  [[nodiscard]] std::optional<double> number(const Keys& keys) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  // At most 10,000: more layers than any model has would only cost time.
  [[nodiscard]] std::optional<std::uint64_t> layers() const;

  [[nodiscard]] const TextPart& text() const { return text_; }
  [[nodiscard]] const Json& whole() const { return whole_; }

 private:
  [[nodiscard]] Found first(const Keys& keys, bool with_defaults) const;
  [[nodiscard]] std::optional<Found> said(std::string_view key, bool with_defaults) const;

  const Json& whole_;
  TextPart text_;
  const ClassDefaults& text_defaults_;
  const ClassDefaults& whole_defaults_;
};

// Members of JSON that may be anything: null where the object is none, or has no such member.
[[nodiscard]] const Json* member(const Json& object, std::string_view key);
[[nodiscard]] std::string string_member(const Json& object, std::string_view key);
[[nodiscard]] std::optional<double> number_member(const Json& object, std::string_view key);

}  // namespace portwright::inspect
