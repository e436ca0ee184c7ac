#include "results/json_values.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace portwright::results {
namespace {

Json typed_at(const Json& object, const char* key, Json::value_t type, std::string_view type_name) {
  const auto found = object.find(key);
  if (found == object.end()) return type;
  if (found->type() != type) wrong_shape(fmt::format("'{}' is no {}", key, type_name));
  return *found;
}

}  // namespace

Json with_named_numbers(Json value) {
  if (value.is_structured()) {
    for (Json& inner : value) inner = with_named_numbers(std::move(inner));
    return value;
  }
  if (!value.is_number_float()) return value;
  const double number = value.get<double>();
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return value;
}

Verdict verdict_at(const Json& object, const char* key) {
  const std::string text = object.at(key).get<std::string>();
  const std::optional<Verdict> verdict = verdict_named(text);
  if (!verdict) wrong_shape(fmt::format("'{}' is no verdict", text));
  return *verdict;
}

Json object_at(const Json& object, const char* key) { return typed_at(object, key, Json::value_t::object, "object"); }

Json array_at(const Json& object, const char* key) { return typed_at(object, key, Json::value_t::array, "array"); }

void wrong_shape(std::string_view sentence) {
  constexpr int user_error = 501;
  throw Json::other_error::create(user_error, std::string(sentence), nullptr);
}

}  // namespace portwright::results
