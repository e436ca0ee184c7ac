// Module calls of one forward, as the probes report them (docs/probe-protocol.md, "Names").
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portwright::diagnose {

inline constexpr std::string_view root_path = "(root)";

struct Array {
  std::string dtype;  // "bfloat16"; empty where the call has no floating array there
  std::vector<std::int64_t> shape;
  std::string forced;  // the point at which forcing handed out this very array; empty where it was computed

  [[nodiscard]] std::int64_t elements() const;
};

struct Call {
  std::string path;
  int index = 0;
  std::string type;                       // class name
  std::string parent;                     // name of the calling call; empty for the root
  std::map<std::string, double> scalars;  // of a function: "scale", "softcap"
  std::string chosen_by;                  // of `@routing`: the name of the call that chose; empty where none handed it
                                          // out
  Array in;
  Array out;

  [[nodiscard]] std::string name() const;  // "model.layers.0.self_attn#0"
};

// A module path with its first number replaced: "model.layers.*.mlp" and 3. No layer where it has no number.
struct Starred {
  std::string path;
  std::optional<int> layer;
};
[[nodiscard]] Starred starred(std::string_view path);

// The function of a call's path, "attention" of "model.layers.0.self_attn.@attention"; empty where a module is called.
[[nodiscard]] std::string function_of(std::string_view path);

// Whether the call only shows the mask that an attention works with.
[[nodiscard]] bool is_mask(const Call& call);

// Whether the module is a norm, by the name of its class.
[[nodiscard]] bool is_norm(const Call& call);

// Whether the call shows which experts a block's tokens go to.
[[nodiscard]] bool is_routing(const Call& call);

// Whether the call shows something in a form that no side computes with: it cannot be forced.
[[nodiscard]] bool is_only_shown(const Call& call);

// The module that runs a function, and any other path as it is.
[[nodiscard]] std::string module_of(std::string_view path);

// The module that the same caller calls next; null where it calls none. Behind `@routing`: who is given the choice.
[[nodiscard]] const Call* called_next(const std::vector<Call>& calls, std::size_t index);

// The path of a call's name: everything before '#'.
[[nodiscard]] std::string path_of(std::string_view call_name);

// One event of a forward: a call begins (its input is known) or ends (its output is).
struct Event {
  std::size_t call = 0;
  bool is_end = false;
};
// Begin and end events in the order they happened; `calls` in the order they began, each after its parent.
[[nodiscard]] std::vector<Event> timeline(const std::vector<Call>& calls);

}  // namespace portwright::diagnose
