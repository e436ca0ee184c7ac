#include "workspace/python.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/files.hpp"
#include "base/process.hpp"
#include "workspace/distributions.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

// The path as a worker will have it: PYTHONPATH is set for workers (so -E here), the current folder is nobody's
// library.
constexpr const char* question = R"(
import sys
sys.path = [folder for folder in sys.path if folder]
import json
print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3], "path": sys.path}))
)";

// Somebody named this interpreter and can name another; a search passes over it.
Error not_usable(const fs::path& executable, const std::string& why, std::string detail = {}) {
  return {Fault::input, fmt::format("{} is not usable: {}", executable.string(), why), {}, std::move(detail)};
}

fs::path resolved(const fs::path& named) {
  std::error_code ignored;
  // A virtual environment's folder is taken for the interpreter in it.
  if (fs::is_directory(named, ignored)) return find_program((named / "bin" / "python").string());
  // Links are kept: the link is what makes it the environment's interpreter.
  return find_program(named.string());
}

}  // namespace

Result<Python> inspect_python(const fs::path& executable) {
  Python python;
  python.executable = resolved(executable);
  if (python.executable.empty()) return tl::unexpected(not_usable(executable, "there is no such program"));

  const auto asked = run_command({python.executable.string(), "-E", "-c", question}, std::chrono::seconds(20));
  if (!asked && asked.error().fault == Fault::interrupted) return tl::unexpected(asked.error());
  if (!asked) return tl::unexpected(not_usable(executable, asked.error().sentence, asked.error().detail));
  if (asked->status != 0) {
    return tl::unexpected(
        not_usable(executable, fmt::format("it exited with status {}", asked->status), asked->errors));
  }
  // What a .pth file or a sitecustomize prints comes before the answer.
  const std::size_t begin = asked->output.rfind('{');
  const Json answer =
      Json::parse(begin == std::string::npos ? "" : asked->output.substr(begin), nullptr, /*allow_exceptions=*/false);
  const bool understood = answer.is_object() && answer.contains("version") && answer["version"].is_string() &&
                          answer.contains("path") && answer["path"].is_array();
  if (!understood) return tl::unexpected(not_usable(executable, "it does not answer as a Python does", asked->output));

  python.version = answer["version"].get<std::string>();
  for (const Json& folder : answer["path"]) {
    std::error_code ignored;
    if (folder.is_string() && fs::is_directory(folder.get<std::string>(), ignored)) {
      python.site.emplace_back(folder.get<std::string>());
    }
  }
  const auto distributions = find_distributions(python.site);
  python.mlx_lm = find_package("mlx_lm", python.site, distributions);
  python.transformers = find_package("transformers", python.site, distributions);
  for (const auto& [name, distribution] : distributions) {
    python.packages.emplace(name, distribution.version);
    const bool listed = std::ranges::find(python.site, distribution.editable) != python.site.end();
    if (!distribution.editable.empty() && !listed) python.site.push_back(distribution.editable);
  }
  return python;
}

}  // namespace portwright::workspace
