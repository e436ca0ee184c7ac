// A hypothesis says what a port that makes one certain mistake would have computed. It takes its numbers from some rows
// and is judged on others.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "diagnose/calls.hpp"
#include "diagnose/matrix.hpp"

namespace portwright::diagnose {

// What is known of one wrong array: the port computed `got` where the reference computed `want`, from right inputs.
struct Scene {
  Event event;  // of the reference's forward: whose input or output it is
  Matrix got;
  Matrix want;
  double floor = 0;                // relative L2 that the reference's own float32 shows here
  const std::vector<Call>& calls;  // of the reference's forward
  // The reference's array of a point ("model.layers.0.mlp.up_proj#0:out"); nothing where it has none.
  std::function<std::optional<Matrix>(const std::string& point)> reference;
  // A stored parameter by the reference's path ("model.layers.0.self_attn.q_proj.bias"), flattened.
  std::function<std::optional<std::vector<double>>(const std::string& name)> parameter;
  const Json& config;

  [[nodiscard]] const Call& call() const { return calls[event.call]; }
};

struct Prediction {
  Matrix predicted;  // what the port would have computed
  std::string sentence;
  std::optional<std::string> field;  // the config key it goes back to
  std::string when = "always";
  double rounding =
      0;  // relative L2 that float32 shows in what is predicted, where that is more than in the right array
  // The row that says it best, where that is not the hypothesis's own.
  std::optional<std::string_view> name = std::nullopt;
};

struct Hypothesis {
  std::string_view name;      // a row of docs/causes.md
  std::string_view function;  // the function of the module that is wrong then; empty where it is none
  // Nothing where it cannot be told of this kind of array.
  std::optional<Prediction> (*predict)(const Scene& scene);
};

[[nodiscard]] std::optional<Prediction> predict_scaled(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_attention_scale(const Scene& scene);
// The same of attention's output, for a port whose operands have another form.
[[nodiscard]] std::optional<Prediction> predict_scale_of_scores(const Scene& scene);
// Of a norm: which eps the port computes with, and which keys of the config hold the two.
[[nodiscard]] Prediction with_other_eps(const Json& config, Matrix predicted, double port, double reference);
// Which scale the port computes with, and which keys of the config the two are made of.
void say_scale(const Scene& scene, double port, double reference, Prediction& made);
[[nodiscard]] std::optional<Prediction> predict_row_scaled(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_shifted(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_reordered(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_norm_eps(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_norm_offset(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_norm_kind(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_norm_axis(const Scene& scene);
// As bias-dropped, of what attention is given: the bias was lost before heads were cut and turned.
[[nodiscard]] std::optional<Prediction> predict_operand_bias(const Scene& scene);
// As bias-dropped, of a factor of a product.
[[nodiscard]] std::optional<Prediction> predict_factor_bias(const Scene& scene);
// As other-weight, of what attention is given behind a norm of heads.
[[nodiscard]] std::optional<Prediction> predict_operand_weight(const Scene& scene);
// As norm-eps and module-skipped, likewise.
[[nodiscard]] std::optional<Prediction> predict_operand_eps(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_operand_not_normalised(const Scene& scene);
// As rope-order, likewise.
[[nodiscard]] std::optional<Prediction> predict_operand_turned_first(const Scene& scene);
// As activation, norm-eps, head-order and cut-elsewhere, of what a gated delta rule is given.
[[nodiscard]] std::optional<Prediction> predict_recurrent_activation(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_unit_length_eps(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_recurrent_head_order(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_recurrent_cut(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_unit_length(const Scene& scene);
// As activation, bias-dropped and cut-elsewhere, of decay and beta.
[[nodiscard]] std::optional<Prediction> predict_decay_activation(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_decay_bias(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_decay_cut(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_other_weight(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_transposed(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_module_skipped(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_wrong_input(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_wrong_sum(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_norm_extra(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_norm_input(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_sum_term(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_term_exchanged(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_bias_dropped(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_activation(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_factor_exchanged(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_softcap(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_sinks_dropped(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_mask(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_head_order(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_rope_extra(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_rope_missing(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_rope_by_head(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_rope_end(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_rope_order(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_not_clipped(const Scene& scene);
// The step of a selective scan.
[[nodiscard]] std::optional<Prediction> predict_step_limits(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_head_layout(const Scene& scene);
[[nodiscard]] std::optional<Prediction> predict_cut(const Scene& scene);
// The same of single features in any order.
[[nodiscard]] std::optional<Prediction> predict_features(const Scene& scene);

}  // namespace portwright::diagnose
