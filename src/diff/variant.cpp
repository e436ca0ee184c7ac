#include "diff/variant.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "diff/old_names.hpp"

namespace portwright::diff {
namespace {

using source::ConfigCode;
using source::ConfigField;
using source::ConfigWrite;
using source::joined_key;
using source::KeyValue;

constexpr int deepest_key = 16;

// The value at a path; null pointer where there is none.
Json* find_at(Json& object, std::string_view path) {
  Json* value = &object;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    if (!value->is_object()) return nullptr;
    const auto found = value->find(path.substr(0, end));
    if (found == value->end()) return nullptr;
    value = &*found;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return value;
}

// Makes the objects on the way; nothing where something else than an object is there.
Json* make_at(Json& object, std::string_view path) {
  Json* value = &object;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    if (value->is_null()) *value = Json::object();
    if (!value->is_object()) return nullptr;
    value = &(*value)[std::string(path.substr(0, end))];
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return value;
}

bool is_set(Json& object, const std::string& path) {
  const Json* value = find_at(object, path);
  return value != nullptr && !value->is_null();
}

void collect_written(const Json& value, const std::string& key, std::set<std::string>& found, int depth = 0) {
  if (!key.empty()) found.insert(key);
  if (!value.is_object() || depth > deepest_key) return;
  for (const auto& [name, part] : value.items()) collect_written(part, joined_key(key, name), found, depth + 1);
}

KeyValue value_in(const Json& config, const std::set<std::string>& unknown, const std::string& key) {
  const Json* value = &config;
  std::string path;
  for (std::size_t begin = 0; begin < key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    const std::string part = key.substr(begin, end - begin);
    path = joined_key(path, part);
    if (unknown.contains(path)) return {};
    if (!value->is_object()) return {KeyValue::State::absent, {}};
    const auto found = value->find(part);
    if (found == value->end()) return {KeyValue::State::absent, {}};
    value = &*found;
    begin = end + 1;
  }
  return {KeyValue::State::known, *value};
}

class Filling {
 public:
  Filling(Variant& variant, const ReferenceCode& reference) : variant_(variant), reference_(reference) {}

  void run() {
    for (const ConfigLevel& level : reference_.levels) {
      Json* object = make_at(variant_.config, level.key);
      if (object == nullptr) continue;
      if (object->is_null()) *object = Json::object();
      if (!object->is_object()) continue;
      move_old_names(level);
      fill_defaults(level);
      fill_nested_rope(level);
    }
    variant_.given = variant_.config;
    for (const ConfigWrite& write : reference_.code.writes) apply(write);
    list(variant_.config, "", 0);
  }

 private:
  void move_old_names(const ConfigLevel& level) {
    std::vector<std::string> moved;  // one old name may go to several places
    for (const OldName& old : old_names(level.type)) {
      const std::string from = joined_key(level.key, old.from);
      const std::string to = joined_key(level.key, old.to);
      Json* given = find_at(variant_.config, from);
      if (given != nullptr && old.merges) {
        if (given->is_object()) merge(from, to);
      } else if (given != nullptr && !given->is_null() && !is_set(variant_.config, to)) {
        const Json value = *given;
        if (Json* target = make_at(variant_.config, to)) {
          *target = value;
          origin_[to].written_as = from;
        }
      } else if (old.otherwise && !is_set(variant_.config, to) && !has_nested(level, old)) {
        if (Json* target = make_at(variant_.config, to)) {
          *target = *old.otherwise;
          origin_[to] = {Origin::standard, true, {}, {}, old.line, {}};
        }
      }
      if (given != nullptr) moved.push_back(from);
    }
    for (const std::string& key : moved) erase(key);
  }

  // Parameters by layer type have their values one level lower.
  [[nodiscard]] bool has_nested(const ConfigLevel& level, const OldName& old) {
    const std::string object = joined_key(level.key, old.to.substr(0, old.to.rfind('.')));
    Json* parameters = old.to.find('.') == std::string::npos ? nullptr : find_at(variant_.config, object);
    return parameters != nullptr && parameters->is_object() &&
           std::ranges::any_of(*parameters, [](const Json& value) { return value.is_object(); });
  }

  void merge(const std::string& from, const std::string& to) {
    const Json parts = *find_at(variant_.config, from);
    for (const auto& [name, value] : parts.items()) {
      const std::string key = joined_key(to, name == "type" ? "rope_type" : name);
      if (name == "type" && parts.contains("rope_type")) continue;
      Json* target = make_at(variant_.config, key);
      if (target == nullptr) continue;
      *target = value;
      origin_[key].written_as = joined_key(from, name);
    }
  }

  void erase(const std::string& key) {
    const std::size_t dot = key.rfind('.');
    const std::string above = dot == std::string::npos ? "" : key.substr(0, dot);
    Json* object = find_at(variant_.config, above);
    if (object != nullptr && object->is_object()) object->erase(key.substr(dot == std::string::npos ? 0 : dot + 1));
  }

  void fill_defaults(const ConfigLevel& level) {
    for (const ConfigField& field : level.type.fields) {
      const std::string key = joined_key(level.key, field.name);
      if (find_at(variant_.config, key) != nullptr || field.required) continue;
      Json* target = make_at(variant_.config, key);
      if (target == nullptr) continue;
      const std::string& text = field.expression;
      *target = field.constant.value_or(Json());
      origin_[key] = {field.constant ? Origin::standard : Origin::computed,
                      field.constant.has_value(),
                      {},
                      field.constant ? "" : text,
                      field.line,
                      {}};
      if (!field.constant) variant_.unknown.insert(key);
    }
  }

  // Parameters by layer type say their rope_type each, as standardize_rope_params of transformers has it.
  void fill_nested_rope(const ConfigLevel& level) {
    const std::string key = joined_key(level.key, "rope_parameters");
    Json* parameters = find_at(variant_.config, key);
    if (parameters == nullptr || !parameters->is_object()) return;
    for (const auto& [name, nested] : parameters->items()) {
      if (!nested.is_object() || nested.contains("rope_type")) continue;
      nested["rope_type"] = nested.value("type", Json("default"));
      origin_[joined_key(joined_key(key, name), "rope_type")].origin = Origin::standard;
    }
  }

  void apply(const ConfigWrite& write) {
    const auto runs = source::runs(write.when, variant_.values());
    if (runs && !*runs) return;
    Json* current = find_at(variant_.config, write.key);
    const bool is_open = current == nullptr || current->is_null();
    const bool is_sure = runs.has_value() && (!write.only_if || !write.when.empty());
    if (!is_sure && !is_open) return;
    const auto value = is_sure ? source::evaluate(write.value, variant_.values()) : std::nullopt;
    if (value) {
      if (current != nullptr && *current == *value) return;
      Json* target = make_at(variant_.config, write.key);
      if (target == nullptr) return;
      *target = *value;
      origin_[write.key] = {Origin::computed, true, {}, write.code, write.line, {}};
      variant_.unknown.erase(write.key);
      return;
    }
    if (!is_open && (current->is_object() || write.only_if)) return;
    variant_.unknown.insert(write.key);
    if (!is_open) return;
    if (make_at(variant_.config, write.key) != nullptr) {
      origin_[write.key] = {Origin::computed, false, {}, write.code, write.line, {}};
    }
  }

  void list(const Json& value, const std::string& key, int depth) {
    if (value.is_object() && (!value.empty() || key.empty()) && depth < deepest_key) {
      const auto own = origin_.find(key);
      for (const auto& [name, part] : value.items()) {
        const std::string below = joined_key(key, name);
        if (own != origin_.end()) origin_.emplace(below, own->second);
        list(part, below, depth + 1);
      }
      return;
    }
    const auto found = origin_.find(key);
    Setting setting = found == origin_.end() ? Setting{Origin::file, true, {}, {}, {}, {}} : found->second;
    if (setting.origin == Origin::absent) setting.origin = Origin::file;  // only another name was noted
    setting.value = value;
    variant_.keys.push_back(key);
    variant_.settings[key] = std::move(setting);
  }

  Variant& variant_;
  const ReferenceCode& reference_;
  std::map<std::string, Setting> origin_;
};

}  // namespace

const Setting& Variant::at(const std::string& key) const {
  static const Setting none;
  const auto found = settings.find(key);
  return found == settings.end() ? none : found->second;
}

source::KeyValues Variant::values() const {
  return [this](const std::string& key) { return value_in(config, unknown, key); };
}

source::KeyValues Variant::given_values() const {
  return [this](const std::string& key) { return value_in(given, {}, key); };
}

Variant filled(std::string name, const Json& config, const ReferenceCode& reference) {
  Variant variant;
  variant.name = std::move(name);
  variant.model_type = reference.model_type;
  variant.config = config;
  collect_written(config, "", variant.written);
  Filling(variant, reference).run();
  return variant;
}

std::vector<std::string> names_of(const std::string& key, const ReferenceCode& reference) {
  std::vector<std::string> names{key};
  for (const ConfigLevel& level : reference.levels) {
    for (const OldName& old : old_names(level.type)) {
      const std::string to = joined_key(level.key, old.to);
      const std::string from = joined_key(level.key, old.from);
      if (key == to) names.push_back(from);
      if (!old.merges || !key.starts_with(to + ".")) continue;
      const std::string rest = key.substr(to.size() + 1);
      names.push_back(joined_key(from, rest));
      if (rest == "rope_type") names.push_back(joined_key(from, "type"));
    }
  }
  return names;
}

}  // namespace portwright::diff
