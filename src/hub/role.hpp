// What a variant is for: base, instruct or thinking, and what says so.
#pragma once

#include <string>

#include "hub/facts.hpp"
#include "hub/set_aside.hpp"

namespace portwright::hub {

struct Role {
  std::string name;  // "base", "instruct", "thinking"
  std::string why;   // one clause
  Ground ground = Ground::files;
};

// The first rule of a table that fits; what only a name says is called so.
[[nodiscard]] Role role_of(const Examined& model);

}  // namespace portwright::hub
