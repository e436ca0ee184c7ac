// The pieces of the scripts that show a failure without portwright: forty lines at most together, which a reviewer
// reads before running them. Each reads "input.json" beside it (battery/repro.cpp says what that holds).
#pragma once

#include <string_view>

namespace portwright::battery {

// The first lines of all: in the place of @…@ comes what is shown and which libraries are needed besides.
extern const std::string_view script_head;
// `classes`: the Model and ModelArgs of a port in a file of its own, or of mlx-lm's.
extern const std::string_view script_given_classes;
extern const std::string_view script_installed_classes;
// `port`, in the checkpoint's dtype.
extern const std::string_view script_port;
// `port` in float32, and `reference` too.
extern const std::string_view script_float32;
// "relative_l2 3.1e-2" of the logits.
extern const std::string_view script_logits;
// The same of one array, where the modules around it get and hand on what the reference's do.
extern const std::string_view script_modules;
// "logits float32", and the dtypes that go in and out of some modules.
extern const std::string_view script_dtype;
// "missing […]", "unexpected […]", "without effect […]".
extern const std::string_view script_names;
// A forward, for what it raises.
extern const std::string_view script_forward;

}  // namespace portwright::battery
