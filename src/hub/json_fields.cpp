#include "hub/json_fields.hpp"

namespace portwright::hub {
namespace {

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::string text_of(const Json& object, const char* key) {
  const Json* found = member(object, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string{};
}

std::uint64_t count_of(const Json& object, const char* key) {
  const Json* found = member(object, key);
  return found != nullptr && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

bool flag_of(const Json& object, const char* key) {
  const Json* found = member(object, key);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

std::vector<std::string> texts_of(const Json& object, const char* key) {
  std::vector<std::string> texts;
  for (const Json& item : array_of(object, key)) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

const Json& object_of(const Json& object, const char* key) {
  static const Json empty = Json::object();
  const Json* found = member(object, key);
  return found != nullptr && found->is_object() ? *found : empty;
}

const Json& array_of(const Json& object, const char* key) {
  static const Json empty = Json::array();
  const Json* found = member(object, key);
  return found != nullptr && found->is_array() ? *found : empty;
}

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace portwright::hub
