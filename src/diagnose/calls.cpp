#include "diagnose/calls.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

namespace portwright::diagnose {

std::int64_t Array::elements() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::string Call::name() const { return path + "#" + std::to_string(index); }

namespace {
constexpr std::string_view function_mark = ".@";

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}
}  // namespace

Starred starred(std::string_view path) {
  Starred result;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (begin > 0) result.path += '.';
    if (!result.layer && is_number(part)) {
      int layer = 0;
      std::from_chars(part.data(), part.data() + part.size(), layer);
      result.layer = layer;
      result.path += '*';
    } else {
      result.path += part;
    }
    begin = end + 1;
  }
  return result;
}

std::string function_of(std::string_view path) {
  const std::size_t mark = path.rfind(function_mark);
  return mark == std::string_view::npos ? std::string() : std::string(path.substr(mark + function_mark.size()));
}

bool is_mask(const Call& call) { return function_of(call.path) == "attention_mask"; }

bool is_norm(const Call& call) { return call.type.find("Norm") != std::string::npos; }

bool is_routing(const Call& call) { return function_of(call.path) == "routing"; }

bool is_only_shown(const Call& call) {
  const std::string function = function_of(call.path);
  return is_mask(call) || function == "attention_sinks" || function == "attention_weights" ||
         function.starts_with("routing");
}

std::string module_of(std::string_view path) { return std::string(path.substr(0, path.rfind(function_mark))); }

const Call* called_next(const std::vector<Call>& calls, std::size_t index) {
  for (std::size_t i = index + 1; i < calls.size(); ++i) {
    if (calls[i].parent == calls[index].parent && function_of(calls[i].path).empty()) return &calls[i];
  }
  return nullptr;
}

std::string path_of(std::string_view call_name) { return std::string(call_name.substr(0, call_name.rfind('#'))); }

std::vector<Event> timeline(const std::vector<Call>& calls) {
  std::vector<Event> events;
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    while (!open.empty() && calls[open.back()].name() != calls[i].parent) {
      events.push_back({open.back(), true});
      open.pop_back();
    }
    events.push_back({i, false});
    open.push_back(i);
  }
  for (; !open.empty(); open.pop_back()) events.push_back({open.back(), true});
  return events;
}

}  // namespace portwright::diagnose
