// YAML as a tree with places, within bounds: enough for a manifest, and nothing that a hostile file could grow by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace portwright::harness {

// Counted from 1, columns in characters.
struct YamlPlace {
  int line = 1;
  int column = 1;
};

struct YamlKey {
  std::string name;
  YamlPlace place;
};

struct YamlNode {
  enum class Kind { nothing, scalar, list, mapping };
  Kind kind = Kind::nothing;
  YamlPlace place;
  std::string text;             // of a scalar
  bool quoted = false;          // a quoted scalar is always text
  std::vector<YamlKey> keys;    // of a mapping: one beside each item, no two alike
  std::vector<YamlNode> items;  // of a list or a mapping
};

// An input error "ORIGIN:LINE:COLUMN: …" with the line and a caret, for `text` a part of which lies at `place`.
[[nodiscard]] Error yaml_error(std::string_view text, const std::string& origin, YamlPlace place,
                               const std::string& what, std::string remedy = {});

// One document. Refused beside what is no YAML: more than a megabyte or eight levels, text that is no UTF-8, tabs in an
// indentation, anchors and aliases (a few lines of them stand for gigabytes), tags, equal keys.
[[nodiscard]] Result<YamlNode> parse_yaml(std::string_view text, const std::string& origin);

}  // namespace portwright::harness
