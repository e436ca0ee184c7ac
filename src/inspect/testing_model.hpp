// Models for unit tests: a config, and tensors of which only the headers exist.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "checkpoint/element_type.hpp"
#include "inspect/stored_model.hpp"

namespace portwright::inspect {

[[nodiscard]] inline checkpoint::TensorInfo tensor(std::string name, std::string dtype,
                                                   std::vector<std::uint64_t> shape) {
  std::uint64_t bits = checkpoint::element_bits(dtype).value_or(0);
  for (const std::uint64_t extent : shape) bits *= extent;
  return {std::move(name), std::move(dtype), std::move(shape), 0, bits / 8};
}

[[nodiscard]] inline StoredModel stored(Json config, std::vector<checkpoint::TensorInfo> tensors) {
  StoredModel model;
  model.place = "/models/tiny";
  model.config = std::move(config);
  model.shards.push_back({"model.safetensors", 1000, true, 0});
  static_cast<void>(add_tensors(model, {{0, std::move(tensors)}}));
  return model;
}

}  // namespace portwright::inspect
