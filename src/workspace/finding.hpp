// One thing `portwright doctor` found out about this machine, and what mends it.
#pragma once

#include <string>
#include <string_view>

namespace portwright::workspace {

enum class Level {
  ok,
  warn,     // a run works, but slower or with less certainty
  missing,  // no run is possible without it
};

[[nodiscard]] std::string_view name(Level level);

struct Finding {
  std::string id;  // stable and dotted: "python", "package.mlx", "disk.cache"
  Level level = Level::ok;
  std::string sentence;
  std::string remedy;  // a command or an action; empty where all is well
};

}  // namespace portwright::workspace
