#include "lint/rule_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace portwright::lint {
namespace {

// What the shared modules of mlx-lm define that a port might write again.
struct Helper {
  std::string_view name;
  std::string_view module;
};

constexpr Helper shared_helpers[] = {
    {"swiglu", "activations"},
    {"xielu", "activations"},
    {"XieLU", "activations"},
    {"create_attention_mask", "base"},
    {"create_causal_mask", "base"},
    {"create_ssm_mask", "base"},
    {"scaled_dot_product_attention", "base"},
    {"quantized_scaled_dot_product_attention", "base"},
    {"initialize_rope", "rope_utils"},
    {"SuScaledRoPE", "rope_utils"},
    {"Llama3RoPE", "rope_utils"},
    {"YarnRoPE", "rope_utils"},
    {"ProportionalRoPE", "rope_utils"},
    {"DynamicNTKScalingRoPE", "rope_utils"},
    {"SwitchLinear", "switch_layers"},
    {"SwitchGLU", "switch_layers"},
    {"SwitchMLP", "switch_layers"},
    {"MultiLinear", "mla"},
    {"segsum", "ssm"},
    {"ssm_attn", "ssm"},
    {"ssm_update", "ssm"},
    {"compute_dt", "ssm"},
    {"gated_delta_update", "gated_delta"},
    {"gated_delta_ops", "gated_delta"},
    {"gated_delta_kernel", "gated_delta"},
    {"recurrent_gated_delta_rule", "gated_delta"},
    {"chunk_gated_delta_rule", "gated_delta"},
    {"PipelineMixin", "pipeline"},
    {"KVCache", "cache"},
    {"RotatingKVCache", "cache"},
    {"ArraysCache", "cache"},
    {"MambaCache", "cache"},
    {"CacheList", "cache"},
    {"ChunkedKVCache", "cache"},
};

bool is_mean(const Port& port, const Item& call) {
  return port.called(call) == "mx.mean" || (verb(call) == "mean" && call.child("function").is("attribute"));
}

Item mean_in(const Port& port, const Item& in) {
  for (const Item& call : in.all("call")) {
    if (is_mean(port, call)) return call;
  }
  return {};
}

// `x * mx.rsqrt(mx.mean(x * x) + eps)`, x perhaps cast.
bool scales_what_it_measured(const Port& port, const Item& root) {
  const Item mean = mean_in(port, root);
  const Item product = root.parent();
  if (!mean || product.word("operator") != "*") return false;
  Item x = product.child("left") == root ? product.child("right") : product.child("left");
  if (verb(x) == "astype") x = x.child("function").child("object");
  return x.is("identifier") && names(mean, x.text());
}

bool is_pictures(const Port& port, const Item& item) {
  for (Item around = item; around; around = around.parent()) {
    if (!around.is("class_definition")) continue;
    const std::string_view name = around.child("name").text();
    if (holds(name, "Vision") || holds(name, "2D") || holds(name, "Image")) return true;
  }
  return holds(port.name(), "vision");
}

Item single_argument(const Port& port, const Item& call, std::initializer_list<std::string_view> of) {
  const auto given = arguments(call);
  return call.is("call") && one_of(port.called(call), of) && given.size() == 1 ? given.front() : Item{};
}

bool is_number(const Item& item, std::string_view text) {
  return (item.is("integer") || item.is("float")) &&
         (item.text() == text || item.text() == std::string(text) + ".0" || item.text() == std::string(text) + ".");
}

// `x * sigmoid(x)` and `x * sigmoid(1.702 * x)`, either way round.
Spot written_silu(const Port& port, const Item& product) {
  for (const auto& [x, gate] : {std::pair(product.child("left"), product.child("right")),
                                std::pair(product.child("right"), product.child("left"))}) {
    const Item inside = single_argument(port, gate, {"mx.sigmoid", "nn.sigmoid"});
    if (!inside) continue;
    if (inside.text() == x.text())
      return spot(product, fmt::format("`{}` is nn.silu", brief(product.text())), fmt::format("nn.silu({})", x.text()));
    if (inside.is("binary_operator") && inside.child("left").text() == "1.702" &&
        inside.child("right").text() == x.text()) {
      return spot(product, fmt::format("`{}` is nn.gelu_fast_approx", brief(product.text())),
                  fmt::format("nn.gelu_fast_approx({})", x.text()));
    }
  }
  return {};
}

Spot written_activation(const Port& port, const Item& call) {
  const std::string name = port.called(call);
  const auto given = arguments(call);
  if (name == "mx.erf") return spot(call, "GELU written out", "nn.gelu");
  if (name == "mx.tanh" && (holds(call.text(), "0.044715") || holds(call.text(), "0.04471"))) {
    return spot(call, "the tanh form of GELU written out", "nn.gelu_approx");
  }
  if (name == "mx.maximum" && given.size() == 2 && (is_number(given[1], "0") || is_number(given[0], "0"))) {
    const Item& x = is_number(given[1], "0") ? given[0] : given[1];
    if (own_attribute(x.child("function")).empty()) return {};  // indices and scores are no activations
    return spot(call, fmt::format("`{}` is nn.relu", brief(call.text())), fmt::format("nn.relu({})", brief(x.text())));
  }
  if (name == "mx.log" && given.size() == 1) {
    const Item sum = without_parentheses(given[0]);
    const Item exponential = port.called(sum.child("right")) == "mx.exp" ? sum.child("right") : sum.child("left");
    const Item one = exponential == sum.child("right") ? sum.child("left") : sum.child("right");
    if (sum.word("operator") == "+" && is_number(one, "1") && port.called(exponential) == "mx.exp") {
      return spot(call, fmt::format("`{}` is nn.softplus", brief(call.text())), "nn.softplus");
    }
  }
  return {};
}

// `self.weight` of ones and `return mx.fast.rms_norm(x, self.weight, self.eps)`, which is nn.RMSNorm.
bool is_plain_norm(const Port& port, const Class& type) {
  const Function* call = type.method("__call__");
  if (call == nullptr || type.methods.size() > 2) return false;
  const auto statements = call->body.children();
  if (statements.size() != 1 || !statements.front().is("return_statement")) return false;
  const Item norm = statements.front().first();
  const auto given = arguments(norm);
  return port.called(norm) == "mx.fast.rms_norm" && given.size() >= 2 && given[0].is("identifier") &&
         own_attribute(given[1]) == "weight";
}

// A name's values in a function that are products of queries and keys turned round.
bool is_scores(const Function& function, std::string_view name) {
  for (const Given& given : given_names(function)) {
    if (given.name != name) continue;
    for (const Item& product : given.value.all("binary_operator")) {
      const std::string_view right = product.child("right").text();
      if (product.word("operator") == "@" && (holds(right, "transpose") || holds(right, "swapaxes"))) return true;
    }
    for (const Item& call : given.value.all("call")) {
      if (verb(call) == "matmul" && (holds(call.text(), "transpose") || holds(call.text(), "swapaxes"))) return true;
    }
  }
  return false;
}

}  // namespace

Spots find_written_norms(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    for (const Item& call : function.body.all("call")) {
      if (port.called(call) == "mx.rsqrt" && scales_what_it_measured(port, call)) {
        found.push_back(
            spot(call, "an RMS norm written out", "nn.RMSNorm, or mx.fast.rms_norm(x, weight or None, eps)"));
      }
    }
    for (const Item& quotient : function.body.all("binary_operator")) {
      const Item root = without_parentheses(quotient.child("right"));
      if (quotient.word("operator") == "/" && port.called(root) == "mx.sqrt" && mean_in(port, root)) {
        found.push_back(spot(quotient, "a norm written out", "nn.RMSNorm or nn.LayerNorm, or their mx.fast functions"));
      }
    }
  }
  for (const Class& type : port.classes()) {
    if (is_plain_norm(port, type)) {
      found.push_back(
          spot(type.item.child("name"), fmt::format("{} is nn.RMSNorm", type.name), "nn.RMSNorm(dims, eps=…)"));
    }
  }
  return found;
}

Spots find_written_activations(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    for (const Item& product : function.body.all("binary_operator")) {
      if (product.word("operator") != "*") continue;
      if (Spot silu = written_silu(port, product); silu.place.line > 0) found.push_back(std::move(silu));
    }
    for (const Item& call : function.body.all("call")) {
      if (Spot written = written_activation(port, call); written.place.line > 0) found.push_back(std::move(written));
    }
  }
  return found;
}

Spots find_unfused_swiglu(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    for (const Item& product : function.body.all("binary_operator")) {
      if (product.word("operator") != "*") continue;
      for (const auto& [gate, up] : {std::pair(product.child("left"), product.child("right")),
                                     std::pair(product.child("right"), product.child("left"))}) {
        const Item inside = single_argument(port, gate, {"nn.silu"});
        if (!inside || up.is("float") || up.is("integer")) continue;
        found.push_back(spot(
            product, fmt::format("`{}` is swiglu", brief(product.text())),
            fmt::format("from .activations import swiglu: swiglu({}, {})", brief(inside.text()), brief(up.text()))));
        break;
      }
    }
  }
  return found;
}

Spots find_shared_helpers(const Port& port) {
  Spots found;
  const auto look = [&](std::string_view name, const Item& item) {
    const auto* helper = std::ranges::find(shared_helpers, name, &Helper::name);
    if (helper == std::end(shared_helpers) || port.name() == helper->module || port.named(name).size() < 2) return;
    const Port* shared = port.beside(helper->module);
    if (shared != nullptr && !shared->gives(name) && shared->named(name).empty()) return;
    found.push_back(spot(item.child("name"), fmt::format("{} is in {}.py already", name, helper->module),
                         fmt::format("from .{} import {}", helper->module, name)));
  };
  for (const Class& type : port.classes()) look(type.name, type.item);
  for (const Function& function : port.functions()) look(function.name, function.item);
  return found;
}

Spots find_written_masks(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    for (const Item& call : function.body.all("call")) {
      const bool triangle =
          one_of(port.called(call), {"mx.triu", "mx.tril"}) && first_call(port, call, {"mx.ones", "mx.full"});
      if (!triangle && verb(call) != "create_additive_causal_mask") continue;
      found.push_back(spot(call, "a causal mask made by hand", "base.create_attention_mask(h, cache)"));
    }
  }
  return found;
}

Spots find_direct_attention(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    const bool cached = holds(function.item.child("parameters").text(), "cache");
    for (const Item& call : function.body.all("call")) {
      if (!cached || port.called(call) != "mx.fast.scaled_dot_product_attention") continue;
      found.push_back(
          spot(call, "a quantized cache cannot be read here", "base.scaled_dot_product_attention(…, cache=cache)"));
    }
  }
  return found;
}

Spots find_written_attention(const Port& port) {
  Spots found;
  for (const Function& function : port.forward()) {
    const std::string_view text = function.body.text();
    // What the fused kernel cannot do: caps, weights that are wanted, other terms in the scores.
    if (holds(text, "tanh") || holds(text, "softcap") || holds(text, "sink") || holds(text, "scaled_dot_product"))
      continue;
    for (const Item& call : function.body.all("call")) {
      const auto given = arguments(call);
      if (port.called(call) != "mx.softmax" || given.empty()) continue;
      std::string_view name = given.front().text();
      if (given.front().is("call")) name = given.front().child("function").child("object").text();  // x.astype(…)
      if (!is_scores(function, name)) continue;
      found.push_back(spot(call, "attention written out", "base.scaled_dot_product_attention"));
      break;
    }
  }
  return found;
}

Spots find_written_rotation(const Port& port) {
  Spots found;
  const auto is_rotation = [](std::string_view name) {
    return one_of(name,
                  {"rotate_half", "apply_rotary_pos_emb", "apply_rotary_emb", "apply_rotary", "precompute_freqs_cis"});
  };
  for (const Function& function : port.functions()) {
    if (is_rotation(function.name) && !first_call(port, function.body, {"mx.fast.rope", "nn.RoPE"})) {
      found.push_back(spot(function.item.child("name"), fmt::format("{} writes a rotation out", function.name),
                           "nn.RoPE, or rope_utils.initialize_rope where config scales it"));
    }
  }
  if (!found.empty()) return found;
  for (const Function& function : port.forward()) {
    for (const Item& call : function.body.all("call")) {
      const auto given = arguments(call);
      if (port.called(call) != "mx.concatenate" || given.empty() || !given.front().is("list")) continue;
      const auto halves = given.front().children();
      const bool turned = halves.size() == 2 && halves[0].is("unary_operator") && halves[0].text().starts_with('-');
      if (!turned || is_pictures(port, call)) continue;
      found.push_back(
          spot(call, "a rotation written out", "nn.RoPE, or rope_utils.initialize_rope where config scales it"));
    }
  }
  return found;
}

Spots find_lists_of_experts(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const Function* init = type.method("__init__");
    if (init == nullptr) continue;
    for (const Given& given : given_attributes(*init)) {
      if (given.name != "experts" || !given.value.is("list_comprehension")) continue;
      found.push_back(
          spot(given.assignment, "experts as a list of modules", "switch_layers.SwitchGLU holds them in one array"));
    }
  }
  return found;
}

Spots find_expanded_latents(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const Function* call = type.method("__call__");
    if (call == nullptr) continue;
    for (const Item& made : call->body.all("call")) {
      if (own_attribute(made.child("function")) != "kv_b_proj") continue;
      found.push_back(spot(made, "the cache holds every head's keys and values instead of the latent",
                           "mla.MultiLinear: embed_q and unembed_out, and the latent in the cache"));
      break;
    }
  }
  return found;
}

Spots find_raw_projections(const Port& port) {
  Spots found;
  for (const Class& type : port.classes()) {
    const Function* init = type.method("__init__");
    if (init == nullptr || !is_module(port, type)) continue;
    for (const Function& method : type.methods) {
      if (!port.in_forward(method.body)) continue;
      for (const Item& product : method.body.all("binary_operator")) {
        const Item right = product.child("right");
        if (product.word("operator") != "@" || !right.text().ends_with(".T")) continue;
        Item weight = right;
        while (weight && own_attribute(weight).empty()) weight = weight.first();
        const auto given = given_attributes(*init);
        const auto made = std::ranges::find(given, own_attribute(weight), &Given::name);
        if (!weight || made == given.end() || !made->value.is("call") || !port.called(made->value).starts_with("mx."))
          continue;
        found.push_back(spot(product, fmt::format("`{}` is a linear layer out of a raw array", brief(product.text())),
                             fmt::format("self.{} = nn.Linear(…, bias=False)", made->name)));
      }
    }
  }
  return found;
}

}  // namespace portwright::lint
