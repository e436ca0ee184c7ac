// Reading and writing the values that records are made of. Readers throw nlohmann::json::exception on a wrong shape;
// a key that is not known is left alone, so that an older program reads what a newer one added.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "results/verdict.hpp"

namespace portwright::results {

// JSON has no word for NaN and the infinities, and writing null would lose the finding: they become the strings
// "nan", "inf" and "-inf", at any depth.
[[nodiscard]] Json with_named_numbers(Json value);

[[nodiscard]] Verdict verdict_at(const Json& object, const char* key);
[[nodiscard]] Json object_at(const Json& object, const char* key);  // empty where the key is missing
[[nodiscard]] Json array_at(const Json& object, const char* key);   // empty where the key is missing

// The value of a key that may be missing or null.
template <class T>
[[nodiscard]] std::optional<T> optional_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<T>();
}

// The value, or null.
template <class T>
[[nodiscard]] Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// Throws what the readers throw.
[[noreturn]] void wrong_shape(std::string_view sentence);

}  // namespace portwright::results
