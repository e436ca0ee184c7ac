#include "probe/wire.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portwright::probe {
namespace {

std::optional<std::uint64_t> unsigned_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double seconds_of(const Json& message) {
  const auto found = message.find("seconds");
  return found != message.end() && found->is_number() ? found->get<double>() : 0;
}

tl::unexpected<std::string> garbage(std::string_view what, std::string_view line) {
  constexpr std::size_t shown = 120;
  // Bytes of any kind may stand in the line, and this text ends up in JSON.
  std::string start(line.substr(0, shown));
  std::ranges::replace_if(start, [](char c) { return c < ' ' || c > '~'; }, '?');
  return tl::unexpected(fmt::format("{}: {}{}", what, start, line.size() > shown ? "…" : ""));
}

tl::expected<Message, std::string> parse_tensors(std::uint64_t id, const Json& tensors, std::string_view line) {
  const std::string file = text_at(tensors, "file");
  const auto bytes = unsigned_at(tensors, "bytes");
  if (file.empty() || !bytes) return garbage("a tensors line without file or bytes", line);
  return TensorsLine{.id = id, .file = file, .bytes = *bytes};
}

tl::expected<Message, std::string> parse_progress(std::uint64_t id, const Json& progress, std::string_view line) {
  const auto done = unsigned_at(progress, "done");
  const auto of = unsigned_at(progress, "of");
  if (!done || !of) return garbage("a progress line without done or of", line);
  return ProgressLine{.id = id, .done = *done, .of = *of};
}

}  // namespace

tl::expected<Message, std::string> parse_message(std::string_view line) {
  Json message = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!message.is_object()) return garbage("a line that is no JSON object", line);
  if (message.contains("hello")) return Hello{std::move(message)};
  const auto id = unsigned_at(message, "id");
  if (!id) return garbage("a line without an id", line);

  const auto object = [&](const char* key) -> Json* {
    const auto found = message.find(key);
    return found != message.end() && found->is_object() ? &*found : nullptr;
  };
  if (Json* ok = object("ok")) return OkLine{.id = *id, .ok = std::move(*ok), .seconds = seconds_of(message)};
  if (const Json* tensors = object("tensors")) return parse_tensors(*id, *tensors, line);
  if (const Json* progress = object("progress")) return parse_progress(*id, *progress, line);
  if (const Json* error = object("error")) {
    ErrorLine answer = parse_error(*error);
    answer.id = *id;
    answer.seconds = seconds_of(message);
    return answer;
  }
  return garbage("a line that is no tensors, progress, ok or error", line);
}

ErrorLine parse_error(const Json& error) {
  ErrorLine line;
  line.kind = text_at(error, "kind");
  line.sentence = text_at(error, "sentence");
  line.detail = text_at(error, "detail");
  line.where = text_at(error, "where");
  if (line.kind.empty()) line.kind = "internal";
  if (line.sentence.empty()) line.sentence = "the worker gave no reason";
  return line;
}

std::optional<std::string_view> LineReader::next() {
  const std::size_t end = buffer_.find('\n', std::max(begin_, searched_));
  if (end == std::string::npos) {
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched_ = buffer_.size();
    return std::nullopt;
  }
  const auto line = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = end + 1;
  return line;
}

}  // namespace portwright::probe
