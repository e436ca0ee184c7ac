#include "diff/old_names.hpp"

namespace portwright::diff {
namespace {

// What RotaryEmbeddingConfigMixin.convert_rope_params_to_dict of transformers does where a class does not do it itself.
void add_rope_names(const source::ConfigClass& type, std::vector<OldName>& names) {
  if (type.field("rope_parameters") == nullptr) return;
  names.push_back({"rope_scaling", "rope_parameters", true, {}, {}});
  std::optional<Json> theta;
  if (const auto constant = type.constants.find("default_theta");
      constant != type.constants.end() && constant->second.is_number()) {
    theta = constant->second;
  }
  if (type.field("rope_theta") == nullptr) {
    names.push_back({"rope_theta", "rope_parameters.rope_theta", false, theta, {}});
  }
  if (type.field("partial_rotary_factor") == nullptr) {
    names.push_back({"partial_rotary_factor", "rope_parameters.partial_rotary_factor", false, {}, {}});
  }
  names.push_back({"rope_parameters.type", "rope_parameters.rope_type", false, Json("default"), {}});
}

}  // namespace

std::vector<OldName> old_names(const source::ConfigClass& type) {
  std::vector<OldName> names{{"torch_dtype", "dtype", false, {}, {}}};
  for (const auto& [other, key] : type.other_names) names.push_back({other, key, false, {}, {}});
  for (const source::MovedKey& moved : type.moved) {
    const bool merges = moved.from == "rope_scaling";
    names.push_back({moved.from, moved.to, merges, moved.otherwise, moved.line});
  }
  if (type.moves_rope_keys) add_rope_names(type, names);
  return names;
}

}  // namespace portwright::diff
