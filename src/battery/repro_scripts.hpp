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
// "position 64", "angle 0.31": the largest angle in radians between two position embeddings called alone.
extern const std::string_view script_rope;
// "different_texts 2", and the ids of both sides for some of them.
extern const std::string_view script_tokens;
// "logits bfloat16", "not_finite 0", "kl_mean 0.12" of the port quantized in memory.
extern const std::string_view script_quantized;
// "different_choices 40": steps of the reference's greedy text at which the port would choose otherwise.
extern const std::string_view script_choices;
// "perplexity_ratio 9.1": the port's greedy text over the reference's own, under the reference.
extern const std::string_view script_perplexity;
// A forward, for what it raises.
extern const std::string_view script_forward;

}  // namespace portwright::battery
