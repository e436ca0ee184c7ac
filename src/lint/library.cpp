#include "lint/library.hpp"

#include <fmt/format.h>

#include <system_error>

#include "base/files.hpp"
#include "lint/port.hpp"

namespace portwright::lint {
namespace {

Result<std::string> text_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto kind = std::filesystem::status(file, error).type();
  const auto shown = file.string();
  if (kind == std::filesystem::file_type::not_found) {
    return fail(Fault::input, fmt::format("{} is not there", shown), "name a port's file or a folder with ports");
  }
  if (kind != std::filesystem::file_type::regular) {
    return fail(Fault::input, fmt::format("{} is no file", shown), "name a port's file or a folder with ports");
  }
  const auto bytes = std::filesystem::file_size(file, error);
  if (!error && bytes > Library::most_bytes) {
    return fail(Fault::input,
                fmt::format("{} has {} bytes, and a port has at most {}", shown, bytes, Library::most_bytes),
                "name the Python source of a port");
  }
  return read_file(file);
}

Result<std::unique_ptr<const Port>> made(Library& library, const std::filesystem::path& file, std::string text) {
  auto tree = source::SyntaxTree::parse(std::move(text));
  if (!tree) {
    Error error = tree.error();
    error.sentence = fmt::format("{}: {}", file.string(), error.sentence);
    return tl::unexpected<Error>(std::move(error));
  }
  return std::make_unique<const Port>(library, file, *std::move(tree));
}

}  // namespace

Library::Library() = default;
Library::~Library() = default;

Library::Read& Library::entry(const std::filesystem::path& file) {
  const std::scoped_lock lock(mutex_);
  auto& read = files_[file.lexically_normal()];
  if (!read) read = std::make_unique<Read>();
  return *read;
}

Result<const Port*> Library::open(const std::filesystem::path& file) {
  Read& read = entry(file);
  std::call_once(read.once, [&] {
    auto text = text_of(file);
    if (text) {
      read.port = made(*this, file, *std::move(text));
    } else {
      read.port = tl::unexpected<Error>(text.error());
    }
  });
  if (!read.port) return tl::unexpected<Error>(read.port.error());
  return read.port->get();
}

Result<const Port*> Library::add(const std::filesystem::path& file, std::string text) {
  Read& read = entry(file);
  std::call_once(read.once, [&] { read.port = made(*this, file, std::move(text)); });
  if (!read.port) return tl::unexpected<Error>(read.port.error());
  return read.port->get();
}

}  // namespace portwright::lint
