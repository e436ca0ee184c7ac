#include "checkpoint/config_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/files.hpp"
#include "base/utf8.hpp"

namespace portwright::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t most_config_bytes = 16'000'000;
constexpr std::size_t deepest_config = 64;

// How many brackets are open at once, at most.
std::size_t nesting(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (in_string && byte == '\\') {
      ++i;
    } else if (byte == '"') {
      in_string = !in_string;
    } else if (!in_string && (byte == '{' || byte == '[')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_string && (byte == '}' || byte == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

Result<fs::path> file_of(const fs::path& folder_or_file) {
  std::error_code ignored;
  if (!fs::exists(folder_or_file, ignored)) {
    return fail(Fault::input, folder_or_file.string() + " does not exist", "check the path");
  }
  if (fs::is_regular_file(folder_or_file, ignored) && folder_or_file.extension() == ".json") return folder_or_file;
  if (!fs::is_directory(folder_or_file, ignored)) {
    return fail(Fault::input, folder_or_file.string() + " is not a folder", "name the folder that holds config.json");
  }
  const fs::path file = folder_or_file / "config.json";
  if (!fs::exists(file, ignored)) {
    return fail(Fault::input, folder_or_file.string() + " has no config.json",
                "name the folder of a checkpoint in transformers' layout");
  }
  return file;
}

}  // namespace

Result<Json> read_config(const fs::path& folder_or_file) {
  const Result<fs::path> file = file_of(folder_or_file);
  if (!file) return tl::unexpected(file.error());
  std::error_code error;
  const auto bytes = fs::file_size(*file, error);
  if (!error && bytes > most_config_bytes) {
    return fail(
        Fault::input,
        fmt::format("{} is {:.0f} MB large, and no config is", file->string(), static_cast<double>(bytes) / 1e6),
        "fetch the file again");
  }
  const Result<std::string> text = read_file(*file);
  if (!text) return tl::unexpected(text.error());
  return parse_config(*text, file->string());
}

Result<Json> parse_config(std::string_view text, const std::string& origin) {
  if (const int line = line_that_is_no_text(text); line > 0) {
    return fail(Fault::input, fmt::format("{}:{} is not UTF-8 text", origin, line), "fetch the file again");
  }
  if (const std::size_t depth = nesting(text); depth > deepest_config) {
    return fail(Fault::input, fmt::format("{} is nested {} deep, and no config is", origin, depth),
                "fetch the file again");
  }
  Result<Json> config = parse_json(text, origin);
  if (!config) return config;
  if (!config->is_object()) return fail(Fault::input, origin + " is not a JSON object", "fetch the file again");
  const auto type = config->find("model_type");
  if (type == config->end() || !type->is_string()) {
    return fail(Fault::input, origin + " names no model_type", "add the architecture's model_type to it");
  }
  return config;
}

}  // namespace portwright::checkpoint
