// One config as the reference understands it: old names under the new ones, defaults filled in, and what the config
// class works out.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "diff/reference_code.hpp"
#include "source/line.hpp"
#include "source/term.hpp"

namespace portwright::diff {

enum class Origin {
  file,      // config.json says it
  standard,  // the config class's default
  computed,  // the config class works it out from other keys
  absent,    // neither knows the key
};

struct Setting {
  Origin origin = Origin::absent;
  bool known = true;  // false for what is computed in a way that the text does not tell
  Json value;
  std::string expression;  // of what is computed
  source::Line line;       // of a default or an expression
  std::string written_as;  // the name config.json has for it, where that is another: "rope_theta", "torch_dtype"
};

struct Variant {
  std::string name;  // as the user named the model
  std::string model_type;
  std::size_t reference = 0;                // which of the references is its own
  std::vector<std::string> keys;            // in the order of the file, then of the class
  std::map<std::string, Setting> settings;  // by key; a key of an object is a path: "rope_parameters.rope_theta"
  std::set<std::string> written;            // the keys that config.json holds, under its own names
  Json config;                              // what is known, in the new names
  std::set<std::string> unknown;            // keys whose value the text does not tell
  Json given;                               // the config before its class worked anything out

  [[nodiscard]] const Setting& at(const std::string& key) const;
  [[nodiscard]] source::KeyValues values() const;
  [[nodiscard]] source::KeyValues given_values() const;
};

[[nodiscard]] Variant filled(std::string name, const Json& config, const ReferenceCode& reference);

// Where a port may look for a key of the reference: the key itself and its older and other names.
[[nodiscard]] std::vector<std::string> names_of(const std::string& key, const ReferenceCode& reference);

}  // namespace portwright::diff
