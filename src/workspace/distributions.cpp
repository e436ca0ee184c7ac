#include "workspace/distributions.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "base/files.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

struct Metadata {
  std::string name;
  std::string version;
  std::vector<std::string> needs;
};

// The head of a METADATA file is a mail's: "Name: value" lines up to an empty one.
std::optional<Metadata> parse_metadata(std::string_view text) {
  Metadata metadata;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const auto value_of = [line](std::string_view field) -> std::string {
      if (!line.starts_with(field)) return {};
      const std::size_t begin = std::min(line.find_first_not_of(' ', field.size()), line.size());
      return std::string(line.substr(begin));
    };
    if (metadata.name.empty()) metadata.name = value_of("Name:");
    if (metadata.version.empty()) metadata.version = value_of("Version:");
    if (std::string need = value_of("Requires-Dist:"); !need.empty()) metadata.needs.push_back(std::move(need));
  }
  if (metadata.name.empty() || metadata.version.empty()) return std::nullopt;
  return metadata;
}

std::optional<Metadata> read_metadata(const fs::path& entry) {
  const std::string name = entry.filename().string();
  fs::path file;
  if (name.ends_with(".dist-info")) file = entry / "METADATA";
  if (name.ends_with(".egg-info")) file = fs::is_directory(entry) ? entry / "PKG-INFO" : entry;
  if (file.empty()) return std::nullopt;
  const auto text = read_file(file);
  return text ? parse_metadata(*text) : std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const bool escaped = text[i] == '%' && i + 2 < text.size() &&
                         std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3;
    plain += escaped ? static_cast<char>(byte) : text[i];
    if (escaped) i += 2;
  }
  return plain;
}

// direct_url.json is what `pip install -e` and `uv pip install -e` leave behind.
fs::path editable_checkout(const fs::path& dist_info) {
  constexpr std::string_view scheme = "file://";
  const auto direct = read_json(dist_info / "direct_url.json");
  if (!direct || !direct->is_object() || !direct->contains("url") || !(*direct)["url"].is_string()) return {};
  const auto info = direct->find("dir_info");
  if (info == direct->end() || !info->is_object() || info->value("editable", Json()) != true) return {};
  const std::string url = (*direct)["url"].get<std::string>();
  return url.starts_with(scheme) ? fs::path(percent_decoded(std::string_view(url).substr(scheme.size()))) : fs::path();
}

bool is_package(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "__init__.py", ignored);
}

}  // namespace

std::vector<NamedDistribution> list_distributions(const std::vector<fs::path>& folders) {
  std::vector<NamedDistribution> found;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      auto metadata = read_metadata(entry.path());
      if (!metadata) continue;
      found.push_back({normalised_name(metadata->name),
                       {metadata->version, editable_checkout(entry.path()), entry.path(), std::move(metadata->needs)}});
    }
  }
  return found;
}

std::map<std::string, Distribution> find_distributions(const std::vector<fs::path>& folders) {
  std::map<std::string, Distribution> found;
  for (NamedDistribution& one : list_distributions(folders)) {
    found.try_emplace(std::move(one.name), std::move(one.distribution));
  }
  return found;
}

std::string normalised_name(std::string_view name) {
  std::string normal;
  for (const char c : name) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (separator && normal.ends_with('-')) continue;
    normal += separator ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return normal;
}

fs::path find_package(const std::string& package, const std::vector<fs::path>& folders,
                      const std::map<std::string, Distribution>& distributions) {
  for (const fs::path& folder : folders) {
    if (is_package(folder / package)) return folder / package;
  }
  const auto distribution = distributions.find(normalised_name(package));
  if (distribution == distributions.end() || distribution->second.editable.empty()) return {};
  for (const fs::path& parent : {distribution->second.editable, distribution->second.editable / "src"}) {
    if (is_package(parent / package)) return parent / package;
  }
  return {};
}

}  // namespace portwright::workspace
