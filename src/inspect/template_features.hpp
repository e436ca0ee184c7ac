// What a chat template can do, told by reading its text and never by running it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portwright::inspect {

struct TemplateFeatures {
  std::string where;  // "tokenizer_config.json"; empty: there is no template
  bool tools = false;
  bool thinking = false;
  bool system = false;  // messages of the role "system"
  bool documents = false;
  bool date = false;        // writes today's date: its text changes from day to day
  std::string thinking_by;  // the word that told: "enable_thinking", "<think>"
};
[[nodiscard]] TemplateFeatures template_features(std::string_view text, const std::string& where);

}  // namespace portwright::inspect
