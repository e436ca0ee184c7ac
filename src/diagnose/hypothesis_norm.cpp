// A norm with another eps, or with another convention for its weight.
#include <cmath>

#include "diagnose/config_values.hpp"
#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {
namespace {

// What went into the norm that made `want`; nothing where this is no norm of its input's width.
std::optional<Matrix> input_of_a_norm(const Scene& scene) {
  if (!scene.event.is_end) return std::nullopt;
  const std::string& type = scene.call().type;
  if (type.find("Norm") == std::string::npos) return std::nullopt;
  auto input = scene.reference(scene.call().name() + ":in");
  if (!input || !same_size(*input, scene.want)) return std::nullopt;
  return input;
}

double mean_square(std::span<const double> row, bool centred) {
  double mean = 0;
  if (centred) {
    for (const double value : row) mean += value;
    mean /= static_cast<double>(row.size());
  }
  double sum = 0;
  for (const double value : row) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(row.size());
}

// The reference's eps is the config's: the only number the name leaves open is which key.
std::optional<ConfigValue> configured_eps(const Json& config) {
  for (const char* key : {"rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_eps", "norm_epsilon"}) {
    for (const Json* level : {&config, config.contains("text_config") ? &config["text_config"] : nullptr}) {
      if (level == nullptr || !level->contains(key) || !(*level)[key].is_number()) continue;
      return ConfigValue{key, (*level)[key].get<double>(), key};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Prediction> predict_norm_eps(const Scene& scene) {
  const auto input = input_of_a_norm(scene);
  const auto configured = configured_eps(scene.config);
  if (!input || !configured) return std::nullopt;
  const bool centred =
      scene.call().type.find("LayerNorm") != std::string::npos && scene.call().type.find("RMS") == std::string::npos;
  // want / got = sqrt((m + port's eps) / (m + eps)) in every row, m its mean square.
  std::vector<double> found;
  std::vector<double> squares(input->rows);
  for (std::size_t row = 0; row < input->rows; ++row) {
    squares[row] = mean_square(input->row(row), centred);
    const double factor = row_scale(scene.got.row(row), scene.want.row(row));
    if (forms(row) && factor > 0) {
      found.push_back((squares[row] + configured->value) / (factor * factor) - squares[row]);
    }
  }
  const double eps = median(found);
  if (found.empty() || std::abs(eps - configured->value) < 1e-3 * configured->value) return std::nullopt;
  Prediction made{scene.want, "", configured->key, "always"};
  for (std::size_t row = 0; row < input->rows; ++row) {
    const double inside = (squares[row] + configured->value) / (squares[row] + eps);
    if (!(inside > 0)) return std::nullopt;
    for (double& value : made.predicted.row(row)) value *= std::sqrt(inside);
  }
  made.sentence = "the norm computes with eps " + digits(eps) + " where config " + configured->key + " says " +
                  digits(configured->value);
  made.when = "only where " + configured->key + " is not " + digits(eps);
  return made;
}

std::optional<Prediction> predict_norm_offset(const Scene& scene) {
  if (!input_of_a_norm(scene)) return std::nullopt;
  const auto weight = scene.parameter(scene.call().path + ".weight");
  if (!weight || weight->empty() || scene.want.columns % weight->size() != 0) return std::nullopt;
  std::optional<Prediction> best;
  for (const bool reference_adds_one : {true, false}) {
    Prediction made{scene.want, "", {}, "always"};
    for (std::size_t i = 0; i < made.predicted.values.size(); ++i) {
      const double stored = (*weight)[i % weight->size()];
      made.predicted.values[i] *= reference_adds_one ? stored / (1 + stored) : (1 + stored) / stored;
    }
    made.sentence = reference_adds_one
                        ? "the norm multiplies with its weight where the reference multiplies with 1 + weight"
                        : "the norm multiplies with 1 + weight where the reference multiplies with its weight";
    if (!best || relative_l2(scene.got, made.predicted, true) < relative_l2(scene.got, best->predicted, true)) {
      best = std::move(made);
    }
  }
  return best;
}

}  // namespace portwright::diagnose
