#include "diagnose/norm_model.hpp"

#include <cmath>
#include <numeric>

namespace portwright::diagnose {
namespace {

// The truth is float64, but for parameters that were stored in less and constants that the reference keeps in float32.
constexpr double same = 1e-6;

double mean_of(std::span<const double> row, bool centred) {
  return centred ? std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size()) : 0;
}

// Stored values of a row's features, of a part that repeats in it, or of the features of several rows: its heads.
std::vector<double> repeated_to(const std::vector<double>& values, std::size_t columns) {
  std::vector<double> result(std::max(values.size(), columns));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = values[i % values.size()];
  return result;
}

// With the eps that explains `want`, if any does.
bool explains(NormModel& model, const Matrix& want) {
  model.eps = eps_of(model, want, true);
  if (!(model.eps > -same)) return false;
  const Matrix made = model.computed();
  return relative_l2(made, want, true) < same && relative_l2(made, want, false) < same;
}

}  // namespace

double mean_square(std::span<const double> row, bool centred) {
  const double mean = mean_of(row, centred);
  double sum = 0;
  for (const double value : row) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(row.size());
}

std::optional<NormModel> NormModel::with_weight(const std::vector<double>& weight) const {
  if (weight.empty() || factor.size() % weight.size() != 0) return std::nullopt;
  NormModel other = *this;
  for (std::size_t i = 0; i < factor.size(); ++i) other.factor[i] = weight[i % weight.size()] + (adds_one ? 1 : 0);
  return other;
}

Matrix NormModel::computed() const {
  Matrix result = input;
  for (std::size_t row = 0; row < input.rows; ++row) {
    const double mean = mean_of(input.row(row), centred);
    const double scale = 1 / std::sqrt(mean_square(input.row(row), centred) + eps);
    for (std::size_t i = 0; i < input.columns; ++i) {
      result.row(row)[i] = (input.row(row)[i] - mean) * scale * at(factor, row, i) + at(bias, row, i);
    }
  }
  return result;
}

double eps_of(const NormModel& model, const Matrix& got, bool all_rows) {
  std::vector<double> found;
  std::vector<double> unscaled(model.input.columns);
  std::vector<double> without_bias(model.input.columns);
  for (std::size_t row = 0; row < model.input.rows; ++row) {
    if (!all_rows && !forms(row)) continue;
    const double mean = mean_of(model.input.row(row), model.centred);
    for (std::size_t i = 0; i < unscaled.size(); ++i) {
      unscaled[i] = (model.input.row(row)[i] - mean) * model.at(model.factor, row, i);
      without_bias[i] = got.row(row)[i] - model.at(model.bias, row, i);
    }
    const double scale = row_scale(without_bias, unscaled);
    if (scale > 0) found.push_back(1 / (scale * scale) - mean_square(model.input.row(row), model.centred));
  }
  return median(std::move(found));
}

std::optional<Matrix> applied(NormModel model, const Matrix& input) {
  if (input.columns != model.input.columns) return std::nullopt;
  model.input = input;
  return model.computed();
}

std::optional<NormModel> norm_model(const Scene& scene) {
  const Call& call = scene.call();
  if (!scene.event.is_end || !is_norm(call)) return std::nullopt;
  auto input = scene.reference(call.name() + ":in");
  if (!input || !same_size(*input, scene.want)) return std::nullopt;
  const std::size_t columns = input->columns;
  const auto fitting = [&](const std::string& name) {
    auto values = scene.parameter(call.path + name);
    const bool fits = values && !values->empty() &&
                      (columns % values->size() == 0 ||
                       (values->size() % columns == 0 && input->values.size() % values->size() == 0));
    if (!fits) values.reset();
    return values;
  };
  const auto weight = fitting(".weight");
  const auto bias = fitting(".bias");
  NormModel model{std::move(*input), false, std::vector<double>(columns, 1), false, std::vector<double>(columns, 0), 0};
  if (bias) model.bias = repeated_to(*bias, columns);
  for (const bool centred : {false, true}) {
    for (const bool adds_one : {false, true}) {
      if (adds_one && !weight) continue;
      model.centred = centred;
      model.adds_one = adds_one;
      if (weight) model.factor = repeated_to(*weight, columns);
      if (adds_one) {
        for (double& value : model.factor) value += 1;
      }
      if (explains(model, scene.want)) return model;
    }
  }
  return std::nullopt;
}

std::optional<NormModel> norm_model_of(const Scene& scene, std::size_t call) {
  const auto output = scene.reference(scene.calls[call].name() + ":out");
  if (!output) return std::nullopt;
  return norm_model(
      {{call, true}, *output, *output, scene.floor, scene.calls, scene.reference, scene.parameter, scene.config});
}

}  // namespace portwright::diagnose
