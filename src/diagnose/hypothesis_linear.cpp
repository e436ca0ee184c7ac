// A linear layer or norm without its bias, or with one it should not have.
#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {

std::optional<Prediction> predict_bias_dropped(const Scene& scene) {
  if (!scene.event.is_end || scene.want.rows < 2) return std::nullopt;
  const std::string name = scene.call().path + ".bias";
  const auto bias = scene.parameter(name);
  if (!bias || bias->size() != scene.want.columns) return std::nullopt;
  Prediction made{scene.want, "the port does not add " + starred(name).path, {}, "always"};
  for (std::size_t i = 0; i < made.predicted.values.size(); ++i) made.predicted.values[i] -= (*bias)[i % bias->size()];
  return made;
}

}  // namespace portwright::diagnose
