// The table of rules. A new one is a row here, a function in the file of its family, and an example that tests hold it
// to.
#include <algorithm>
#include <array>

#include "lint/rule.hpp"
#include "lint/rule_config.hpp"
#include "lint/rule_file.hpp"
#include "lint/rule_forward.hpp"
#include "lint/rule_layers.hpp"
#include "lint/rule_model.hpp"
#include "lint/rule_precision.hpp"
#include "lint/rule_routing.hpp"
#include "lint/rule_weights.hpp"

namespace portwright::lint {
namespace {

using enum Severity;

constexpr std::array table{
    // The file.
    Rule{"syntax", error, "A port is Python.", "It cannot be imported.", "mlx_lm/utils.py", nullptr},
    Rule{"no-port", warning, "A file that is linted is a port.", "It has neither Model nor ModelArgs.",
         "mlx_lm/utils.py (_get_classes)", nullptr},
    Rule{"model-classes", error, "A port has the classes Model and ModelArgs.",
         "The loader asks for both by these names.", "mlx_lm/utils.py (_get_classes)", find_no_model},
    Rule{"file-name", error, "The file is named after the model type.",
         "The loader imports the module of that name; another one needs a row of MODEL_REMAPPING.",
         "mlx_lm/utils.py (_get_classes), #700", find_other_file_name},
    Rule{"foreign-import", error, "A port imports mlx and the standard library only.",
         "mlx-lm does not ask for NumPy or torch at run time, and their arrays leave the device.", "#354, setup.py",
         find_foreign_imports},
    Rule{"unused-import", warning, "What is imported is used.", "A reader looks for its use.", "#354",
         find_unused_imports},
    Rule{"unused-definition", warning, "Classes and functions are used.",
         "Code for variants that nobody has is code that nobody tests.", "#354", find_unused_definitions},
    Rule{"dead-code", warning, "Every branch can run.", "Speculative branches are asked to be removed.", "#354",
         find_dead_code},
    Rule{"commented-code", warning, "Comments hold no code.", "Version control keeps what was.", "#86, #685",
         find_commented_code},
    Rule{"open-end", note, "Nothing is left to do.", "A port is reviewed as it is.", "#86", find_open_ends},
    Rule{"many-comments", warning, "A port has few comments: one to five lines, never more than twenty.",
         "Ports are read side by side; code that follows the others needs no words.", "#86, #685", find_many_comments},
    Rule{"comments", note, "A port has one to five lines of comments.",
         "Ports are read side by side; code that follows the others needs no words.", "#86, #685", find_comments},
    Rule{"import-work", warning, "Importing a port computes nothing.",
         "Everyone who lists models pays for it, and arrays are made on a device that may not be the one used.", "#116",
         find_work_at_import},
    Rule{"print", error, "A port does not print.", "Its output is the user's text.", "#86", find_prints},
    Rule{"silenced-error", warning, "Errors and warnings are heard.", "What is dropped here shows later as wrong text.",
         "#354", find_silenced_errors},

    // ModelArgs.
    Rule{"broken-args", error, "ModelArgs is a dataclass with from_dict, its fields in an order Python takes.",
         "from_dict hands on the fields of the dataclass; anything else fails or loses the config.",
         "mlx_lm/models/base.py (BaseModelArgs)", find_broken_args},
    Rule{"unused-field", warning, "Every config field is read.",
         "A field that is not read is noise, or a part of the reference that was forgotten.", "#354",
         find_unused_fields},
    Rule{"config-changed", warning, "The config that is handed in is left as it is.",
         "The caller writes it to disk when it converts, and may build a second model of it.", "#1003",
         find_mutated_config},
    Rule{"rope-parameters", warning, "rope_parameters may be null or absent.",
         "Training stages and older checkpoints of one model differ in it.", "#908, #768, #1606, #657",
         find_unguarded_rope_parameters},
    Rule{"rope-scaling", warning, "A rope_scaling that config may hold reaches the rotation.",
         "The text is right up to the original length and wrong after it.", "#768, #1606", find_ignored_rope_scaling},
    Rule{"tied-head", note, "A tied checkpoint may hold lm_head.weight.",
         "Strict loading fails on the weight that is too many.", "#1143, #1298, #764", find_kept_tied_head},
    Rule{"tie-ignored", note, "tie_word_embeddings is respected.",
         "Small models of a family are often tied where large ones are not.", "#1143, #764", find_ignored_tying},

    // What mlx-lm asks of a Model.
    Rule{"model-layers", error, "Model has layers.", "Caches are made for them, and LoRA is put into them.", "#422",
         find_missing_layers},
    Rule{"model-attributes", warning, "Model has args and model_type.", "Tools and servers ask for them.", "#422",
         find_missing_attributes},
    Rule{"signature", error, "Model is called with inputs and a cache that may be None.",
         "Generation hands on a cache by that name, training none.", "mlx_lm/generate.py, #546", find_other_signature},
    Rule{"super-init", error, "Modules initialise nn.Module.", "Without it no parameter is found.", "mlx.nn.Module",
         find_missing_super},
    Rule{"module-state", warning, "State lives in the cache, not in the model.",
         "One model serves many requests at once, and a compiled or sharded forward sees old values.", "#116",
         find_state_in_modules},
    Rule{"default-cache", warning, "make_cache is written only where it differs from the default.",
         "The default also serves --max-kv-size.", "#949, mlx_lm/models/cache.py", find_default_cache},
    Rule{"window-cache", warning, "Layers with a window keep a RotatingKVCache.",
         "The others' memory grows with the text, and old keys are read where a mask is missed.", "#949",
         find_window_without_cache},
    Rule{"handed-on", warning, "A Model around another hands on what that one defines.",
         "Its weights are left as they are, its caches are of the wrong kind, its router is quantized.", "#1710, #1298",
         find_not_handed_on},

    // The forward pass.
    Rule{"token-loop", warning, "No Python loop goes through tokens.",
         "A prompt of a thousand tokens builds a graph a thousand times as large.", "#116", find_token_loops},
    Rule{"expert-loop", warning, "No Python loop goes through experts.",
         "Every expert computes every token, or its tokens have to be waited for.", "#116", find_expert_loops},
    Rule{"host-sync", error, "A forward pass does not wait for a value.",
         "Generation stops being asynchronous, and the model cannot be compiled or traced.", "#116", find_waiting},
    Rule{"single-offset", warning, "The cache's offset may be an array.",
         "In a batch every row has its own, and a number cannot be made of it.", "#546, #769, #1908, #1906",
         find_single_offsets},
    Rule{"repeated-heads", warning, "Keys and values keep their grouped heads.",
         "Attention takes them as they are; copies cost memory and time.", "mlx_lm/models/base.py",
         find_repeated_heads},
    Rule{"kernel-training", warning, "A custom kernel has another path for training.", "It has no gradient.", "#496",
         find_kernels_without_training},

    // What exists already.
    Rule{"written-norm", warning, "Norms are those of MLX.",
         "They are one kernel, in float32 within, and keep the dtype.", "#354", find_written_norms},
    Rule{"written-activation", warning, "Activations are those of mlx.nn.",
         "They are compiled, and their gradients are right.", "#354", find_written_activations},
    Rule{"unfused-swiglu", warning, "silu(gate) * up is activations.swiglu.", "It is compiled into one kernel.", "#354",
         find_unfused_swiglu},
    Rule{"shared-helper", warning, "What a shared module has is imported.",
         "What is mended or made faster there does not reach a copy.", "#354, #1324", find_shared_helpers},
    Rule{"written-mask", warning, "Masks come from base.create_attention_mask.",
         "Left padding, windows and cached chunks are in it.", "#546, #1908", find_written_masks},
    Rule{"direct-attention", error, "Attention with a cache goes through base.scaled_dot_product_attention.",
         "It serves quantized caches; the kernel itself cannot read them.", "mlx_lm/models/base.py",
         find_direct_attention},
    Rule{"written-attention", warning, "Attention is not written out.",
         "The fused kernel is faster, needs no memory for scores, and serves quantized caches.", "#354",
         find_written_attention},
    Rule{"written-rope", warning, "Rotations are those of MLX.",
         "nn.RoPE is one kernel that takes an offset for each row; initialize_rope knows every scaling.", "#768, #354",
         find_written_rotation},
    Rule{"expert-list", warning, "Experts are held by switch_layers.", "A list of modules can only be gone through.",
         "#116", find_lists_of_experts},
    Rule{"expanded-latent", warning, "Latent attention caches the latent.",
         "Keys and values of all heads take many times its memory.", "mlx_lm/models/mla.py", find_expanded_latents},
    Rule{"raw-projection", note, "Linear layers are nn.Linear.",
         "A raw array is not quantized, and LoRA does not see it.", "#354, #1266", find_raw_projections},

    // Precision.
    Rule{"float32-constant", error, "Constants do not promote.",
         "One float32 array makes float32 of everything after it: half the speed, twice the cache.", "#902, #951, #931",
         find_float32_constants},
    Rule{"float32-norm", error, "A norm returns the dtype it was given.",
         "Everything after the first norm is computed in float32.", "#902, #951, #931", find_float32_norms},
    Rule{"float32-weight", warning, "sanitize leaves dtypes as they are.",
         "A float32 weight makes float32 of what it meets; what must stay so is named in cast_predicate.", "#902, #951",
         find_float32_weights},
    Rule{"float32-routing", warning, "The sum over experts returns to the dtype of the input.",
         "Routing weights are float32; without a cast all layers after are, too.", "#931", find_float32_routing},
    Rule{"cast-predicate", warning, "What must stay float32 is named in cast_predicate.",
         "Converting casts every other parameter to the native dtype.", "#902, mlx_lm/convert.py",
         find_missing_cast_predicate},
    Rule{"fixed-dtype", note, "No dtype is written down in a forward pass.", "Models are converted to others.", "#951",
         find_fixed_dtypes},

    // Routers.
    Rule{"raw-router", warning, "A router is a module.", "A raw array is not quantized, and LoRA does not see it.",
         "#1266", find_raw_routers},
    Rule{"index-gradient", warning, "mx.stop_gradient stands around expert indices.",
         "MLX has no gradient for indices: training fails.", "#288, #1787", find_indices_with_gradient},
    Rule{"quant-predicate", warning, "A router keeps 8 bits through quant_predicate.",
         "At four bits tokens go to other experts.", "#349", find_missing_quant_predicate},
    Rule{"router-softmax", warning, "A router's softmax is precise.", "In a 16-bit dtype close experts change places.",
         "#349", find_rough_softmax},

    // Weights.
    Rule{"sanitize-twice", error, "sanitize leaves a converted checkpoint as it is.",
         "It runs at each load: what is turned or added twice is wrong, in silence.", "#928", find_repeated_changes},
    Rule{"sanitize-pop", warning, "sanitize removes only what is there.",
         "A converted checkpoint no longer has it, and the load fails.", "#928", find_unguarded_pops},
    Rule{"literal-layer", warning, "No layer's number is written down.",
         "Other sizes of the family have other numbers of layers.", "#142", find_literal_layers},
    Rule{"loose-loading", error, "Weights are loaded strictly.", "What is missing stays random.", "mlx_lm/utils.py",
         find_loose_loading},

    // The checkout.
    Rule{"shared-file", warning, "Shared files stay as they are.",
         "They are not refactored unasked: other models depend on them.", "#1324", nullptr},
    Rule{"test-entry", warning, "The port has an entry in tests/test_models.py.",
         "test_all_models is what keeps it working.", "tests/test_models.py, CONTRIBUTING.md", nullptr},
    Rule{"format", warning, "black and isort have nothing to change.", "pre-commit refuses it.",
         ".pre-commit-config.yaml", nullptr},
};

}  // namespace

std::span<const Rule> rules() { return table; }

const Rule* rule_named(std::string_view id) {
  const auto found = std::ranges::find(rules(), id, &Rule::id);
  return found == rules().end() ? nullptr : &*found;
}

std::string_view name(Severity severity) {
  switch (severity) {
    case note:
      return "note";
    case warning:
      return "warning";
    case error:
      break;
  }
  return "error";
}

std::optional<Severity> severity_named(std::string_view wanted) {
  for (const Severity severity : {note, warning, error}) {
    if (name(severity) == wanted) return severity;
  }
  return std::nullopt;
}

}  // namespace portwright::lint
