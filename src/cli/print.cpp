#include "cli/print.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/terminal.hpp"

namespace portwright::cli {
namespace {

constexpr int indent = 2;

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::input:
      return "input";
    case Fault::environment:
      return "environment";
    case Fault::worker:
      return "worker";
    case Fault::interrupted:
      return "interrupted";
    case Fault::internal:
      break;
  }
  return "internal";
}

// Lines as they are, each with `prefix` before it.
std::string prefixed(std::string_view prefix, std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    result += fmt::format("{}{}\n", prefix, text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return result;
}

}  // namespace

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_json(const Json& document) {
  print(document.dump(indent, ' ', false, Json::error_handler_t::replace));
  print("\n");
}

std::string hanging(std::string_view prefix, std::string_view text, int width) {
  const int columns = columns_of(prefix);
  const std::string under(static_cast<std::size_t>(columns), ' ');
  std::string lines = prefixed(under, wrapped(text, width - columns, 0));
  return lines.replace(0, std::min(under.size(), lines.size()), prefix);
}

void print_error(const Error& error) {
  const int width = terminal_of(STDERR_FILENO).width;
  // A sentence may hold the name of a tensor, and a detail the line of a file that is no text.
  std::string text = hanging("portwright: ", printable(error.sentence), width);
  text += prefixed("  ", printable(error.detail, true));
  if (!error.remedy.empty()) text += hanging("  ", printable(error.remedy), width);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

Json error_document(const Error& error) {
  return {{"error",
           {{"fault", name(error.fault)},
            {"sentence", error.sentence},
            {"remedy", error.remedy},
            {"detail", error.detail}}}};
}

Status finish_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
  return fail(Fault::environment, "standard output could not be written", "look for a full disk behind a redirection");
}

}  // namespace portwright::cli
