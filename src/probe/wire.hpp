// The lines a worker may send (docs/probe-protocol.md), taken apart. Nothing here trusts the worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::probe {

constexpr std::string_view protocol = "portwright-probe/1";
constexpr std::size_t longest_line = 64U << 20U;  // bytes

struct Hello {
  Json facts;
};
struct TensorsLine {
  std::uint64_t id = 0;
  std::string file;
  std::uint64_t bytes = 0;
};
struct ProgressLine {
  std::uint64_t id = 0;
  std::uint64_t done = 0;
  std::uint64_t of = 0;
};
struct OkLine {
  std::uint64_t id = 0;
  Json ok;
  double seconds = 0;
};
struct ErrorLine {
  std::uint64_t id = 0;
  std::string kind;
  std::string sentence;
  std::string detail;
  std::string where;
  double seconds = 0;
};
using Message = std::variant<Hello, TensorsLine, ProgressLine, OkLine, ErrorLine>;

// An error's sentence completes "the worker wrote garbage: …".
[[nodiscard]] tl::expected<Message, std::string> parse_message(std::string_view line);

// The error of a greeting or an answer; members that are missing or of another type are empty.
[[nodiscard]] ErrorLine parse_error(const Json& error);

// Cuts what a pipe gives into lines.
class LineReader {
 public:
  void append(std::string_view bytes) { buffer_ += bytes; }
  // The next whole line without its end, valid until the next call of anything here.
  [[nodiscard]] std::optional<std::string_view> next();
  // No line may grow beyond `longest_line`.
  [[nodiscard]] bool too_long() const { return buffer_.size() - begin_ > longest_line; }

 private:
  std::string buffer_;
  std::size_t begin_ = 0;     // of the first line not given yet
  std::size_t searched_ = 0;  // no line break before it
};

}  // namespace portwright::probe
