#include "closest/text_config.hpp"

#include "closest/call_arguments.hpp"

namespace portwright::closest {

using source::Node;

TextConfig text_config_of(source::SourceFiles& files, const source::Definition& config) {
  const Node parts = field_default(files, config, "sub_configs|sub_configs_defaults");
  for (const Node& pair : parts.children()) {
    if (!pair.is("pair") || string_value(pair.field("key")) != "text_config") continue;
    const Node value = pair.field("value");
    if (value.is("identifier")) return {std::string(value.text()), {}};
    const Node type = argument(value, "model_type", -1);
    if (type) return {{}, std::string(string_value(type))};
    return {std::string(argument(value, "config_class", 0).text()), {}};
  }
  return {};
}

}  // namespace portwright::closest
