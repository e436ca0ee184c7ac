#include "base/build_json.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

namespace portwright {
namespace {

using Object = Json::object_t;

// Indices of an object's members, sorted by key; equal keys in the order of the text.
std::vector<std::size_t> by_key(const Object& object) {
  std::vector<std::size_t> order(object.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) -> const std::string& {
    return (object.begin() + static_cast<std::ptrdiff_t>(i))->first;
  };
  std::ranges::sort(order, [&](std::size_t one, std::size_t other) {
    const int compared = key(one).compare(key(other));
    return compared != 0 ? compared < 0 : one < other;
  });
  return order;
}

bool has_equal_keys(const Object& object) {
  constexpr std::size_t few = 16;  // so few are compared each with each sooner than sorted
  if (object.size() <= few) {
    for (auto one = object.begin(); one != object.end(); ++one) {
      for (auto other = object.begin(); other != one; ++other) {
        if (one->first == other->first) return true;
      }
    }
    return false;
  }
  // Sorted, not hashed: nobody can choose keys that take long.
  std::vector<std::string_view> keys;
  keys.reserve(object.size());
  for (const auto& member : object) keys.emplace_back(member.first);
  // As most large files are written.
  if (std::ranges::adjacent_find(keys, std::greater_equal()) == keys.end()) return false;
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

void merge_equal_keys(Object& object) {
  if (!has_equal_keys(object)) return;
  const std::vector<std::size_t> order = by_key(object);
  const auto member = [&](std::size_t i) -> auto& { return *(object.begin() + static_cast<std::ptrdiff_t>(order[i])); };
  std::vector<bool> dropped(object.size());
  for (std::size_t first = 0, i = 1; i < order.size(); ++i) {
    if (member(i).first != member(first).first) {
      first = i;
      continue;
    }
    member(first).second = std::move(member(i).second);
    dropped[order[i]] = true;
  }
  Object kept;
  std::size_t i = 0;
  for (auto& [key, value] : object) {
    if (!dropped[i++]) kept.emplace_back(key, std::move(value));
  }
  object = std::move(kept);
}

// What the library's parser calls, event by event.
class Builder {
 public:
  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(Json::number_integer_t value) { return put(value); }
  bool number_unsigned(Json::number_unsigned_t value) { return put(value); }
  bool number_float(Json::number_float_t value, const std::string& /*text*/) { return put(value); }
  bool string(std::string& value) { return put(std::move(value)); }
  static bool binary(Json::binary_t& /*value*/) { return false; }

  bool start_object(std::size_t /*members*/) { return open(Json::object()); }
  bool start_array(std::size_t /*elements*/) { return open(Json::array()); }
  bool key(std::string& name) {
    with_room(open_.back()->get_ref<Object&>(), 4).emplace_back(std::move(name), nullptr);
    return true;
  }
  bool end_object() {
    merge_equal_keys(open_.back()->get_ref<Object&>());
    return end_array();
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const Json::exception& error) {
    mistake_.what = error.what();
    if (const auto* placed = dynamic_cast<const Json::parse_error*>(&error)) mistake_.byte = placed->byte;
    return false;
  }

  [[nodiscard]] Json& root() { return root_; }
  [[nodiscard]] const JsonMistake& mistake() const { return mistake_; }

 private:
  // Most values of a safetensors header are this small, and growing to it takes longer than reading them.
  template <typename Values>
  static Values& with_room(Values& values, std::size_t few) {
    if (values.capacity() == 0) values.reserve(few);
    return values;
  }

  // Nothing above an open value grows while it is open, so that the pointers hold.
  Json& place(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    if (open_.back()->is_array()) {
      return with_room(open_.back()->get_ref<Json::array_t&>(), 2).emplace_back(std::move(value));
    }
    return open_.back()->get_ref<Object&>().back().second = std::move(value);
  }
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (open_.size() >= deepest_json) return false;
    open_.push_back(&place(std::move(value)));
    return true;
  }

  Json root_;
  std::vector<Json*> open_;
  JsonMistake mistake_;
};

}  // namespace

tl::expected<Json, JsonMistake> build_json(std::string_view text) {
  Builder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return tl::unexpected(builder.mistake());
  return std::move(builder.root());
}

}  // namespace portwright
