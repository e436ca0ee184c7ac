#include "checkpoint/expected_dtype.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "checkpoint/element_type.hpp"

namespace portwright::checkpoint {
namespace {

// transformers writes "bfloat16"; older configs and hand-written ones have "torch.bfloat16" and torch's other names.
std::string_view known_name(std::string_view written) {
  if (written.starts_with("torch.")) written.remove_prefix(6);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> names{{{"bfloat16", "bfloat16"},
                                                                                {"float16", "float16"},
                                                                                {"half", "float16"},
                                                                                {"float32", "float32"},
                                                                                {"float", "float32"},
                                                                                {"float64", "float64"},
                                                                                {"double", "float64"}}};
  for (const auto& [name, standard] : names) {
    if (name == written) return standard;
  }
  return {};
}

const Json* member(const Json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(key);
  return found == object->end() || found->is_null() ? nullptr : &*found;
}

struct Share {
  std::uint64_t tensors = 0;
  std::uint64_t bytes = 0;
};

Result<ExpectedDtype> from_headers(const std::vector<TensorInfo>& tensors, const std::string& passed_over) {
  std::map<std::string_view, Share> shares;
  for (const TensorInfo& tensor : tensors) {
    const std::string_view name = floating_name(tensor.dtype);
    if (name.empty()) continue;
    Share& share = shares[name];
    ++share.tensors;
    share.bytes += tensor.end - tensor.begin;
  }
  if (shares.empty()) {
    return fail(Fault::input, "no dtype can be told: config.json names none and no tensor is floating" + passed_over,
                "add dtype to config.json");
  }
  const auto most = std::ranges::max_element(
      shares, {}, [](const auto& share) { return std::pair(share.second.tensors, share.second.bytes); });
  return ExpectedDtype{std::string(most->first),
                       fmt::format("headers ({} of {} tensors){}", most->second.tensors, tensors.size(), passed_over)};
}

}  // namespace

Result<ExpectedDtype> expected_dtype(const Json& config, const std::vector<TensorInfo>& tensors) {
  const Json* text = member(&config, "text_config");
  const std::array<std::pair<const Json*, std::string_view>, 4> places{
      {{member(&config, "dtype"), "config.dtype"},
       {member(&config, "torch_dtype"), "config.torch_dtype"},
       {member(text, "dtype"), "config.text_config.dtype"},
       {member(text, "torch_dtype"), "config.text_config.torch_dtype"}}};

  std::string passed_over;
  for (const auto& [value, place] : places) {
    if (value == nullptr) continue;
    const std::string_view name = value->is_string() ? known_name(value->get_ref<const std::string&>()) : "";
    if (!name.empty()) return ExpectedDtype{std::string(name), std::string(place) + passed_over};
    passed_over += fmt::format("; {} is {}", place, value->dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  return from_headers(tensors, passed_over);
}

}  // namespace portwright::checkpoint
