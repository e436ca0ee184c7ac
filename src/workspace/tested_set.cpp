#include "workspace/tested_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>

#include "base/files.hpp"

namespace portwright::workspace {
namespace {

std::string normalised(std::string_view name) {
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return c == '_' || c == '.' ? '-' : static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Calls `take` with every line that is neither empty nor a comment; stops at the first that it refuses.
Status each_line(std::string_view text, const std::string& origin, const std::function<bool(std::string_view)>& take) {
  int number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end).substr(0, text.substr(0, end).find('#')));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (!line.empty() && !take(line)) {
      return fail(Fault::internal, fmt::format("{}:{}: '{}' is no such line", origin, number, line));
    }
  }
  return {};
}

std::string_view without_local_part(std::string_view version) { return version.substr(0, version.find('+')); }

}  // namespace

Result<std::vector<TestedPackage>> tested_set(std::string_view names, std::string_view constraints) {
  std::map<std::string, std::string> pins;
  auto read = each_line(constraints, "constraints.txt", [&](std::string_view line) {
    const std::size_t equals = line.find("==");
    if (equals == std::string_view::npos || equals == 0) return false;
    const std::string_view version = line.substr(equals + 2);
    pins[normalised(trimmed(line.substr(0, equals)))] = trimmed(version.substr(0, version.find(';')));
    return true;
  });
  if (!read) return tl::unexpected<Error>(read.error());

  std::vector<TestedPackage> packages;
  read = each_line(names, "measured.txt", [&](std::string_view line) {
    const auto pin = pins.find(normalised(line));
    if (pin == pins.end()) return false;
    packages.push_back({pin->first, pin->second});
    return true;
  });
  if (!read) return tl::unexpected<Error>(read.error());
  return packages;
}

Result<std::vector<TestedPackage>> read_tested_set(const std::filesystem::path& requirements_folder) {
  const auto names = read_file(requirements_folder / "measured.txt");
  if (!names) return tl::unexpected<Error>(names.error());
  const auto constraints = read_file(requirements_folder / "constraints.txt");
  if (!constraints) return tl::unexpected<Error>(constraints.error());
  return tested_set(*names, *constraints);
}

std::vector<Finding> compare_with_tested(const std::vector<TestedPackage>& tested,
                                         const std::map<std::string, std::string>& installed,
                                         const std::string& python) {
  std::vector<Finding> findings;
  for (const TestedPackage& package : tested) {
    const std::string mend = fmt::format("{} -m pip install {}=={}", python, package.name, package.version);
    const auto found = installed.find(package.name);
    Finding finding{"package." + package.name, Level::ok, "", ""};
    if (found == installed.end()) {
      finding.level = Level::missing;
      finding.sentence = "not installed";
      finding.remedy = mend;
    } else if (without_local_part(found->second) == package.version) {
      finding.sentence = fmt::format("{}, the tested version", found->second);
    } else {
      finding.level = Level::warn;
      finding.sentence = fmt::format("{}; tested with {}", found->second, package.version);
      finding.remedy = mend;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::optional<Finding> missing_mlx_backend(const std::map<std::string, std::string>& installed,
                                           const std::string& python) {
  const auto mlx = installed.find("mlx");
  const bool has_backend = std::any_of(installed.begin(), installed.end(), [](const auto& package) {
    return package.first == "mlx-cpu" || package.first.starts_with("mlx-cuda");
  });
  if (mlx == installed.end() || has_backend) return std::nullopt;
  return Finding{"package.mlx-cpu", Level::missing, "not installed: on Linux mlx cannot be imported without a backend",
                 fmt::format("{} -m pip install mlx-cpu=={}", python, mlx->second)};
}

}  // namespace portwright::workspace
