#include <set>

#include "base/version.hpp"
#include "lint/render.hpp"

namespace portwright::lint {
namespace {

// Where a path is relative it is one to the repository; spaces and the like are written as a URI has them.
std::string uri(const std::filesystem::path& file) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string text = file.is_absolute() ? "file://" : "";
  for (const char letter : file.generic_string()) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       std::string_view("/-._~").find(letter) != std::string_view::npos;
    if (plain) {
      text += letter;
    } else {
      text += '%';
      text += hex[byte >> 4U];
      text += hex[byte & 0xFU];
    }
  }
  return text;
}

Json result_of(const Finding& finding) {
  const std::string fix = finding.fix.empty() ? "" : "; fix: " + finding.fix;
  return {
      {"ruleId", finding.rule->id},
      {"level", name(finding.rule->severity)},
      {"message", {{"text", finding.sentence + fix}}},
      {"locations", Json::array({{{"physicalLocation",
                                   {{"artifactLocation", {{"uri", uri(finding.file)}}},
                                    {"region", {{"startLine", finding.line}, {"startColumn", finding.column}}}}}}})}};
}

}  // namespace

Json sarif(const Report& report) {
  std::set<std::string_view> used;
  Json results = Json::array();
  for (const Finding& finding : report.findings) {
    used.insert(finding.rule->id);
    results.push_back(result_of(finding));
  }
  Json described = Json::array();
  for (const Rule& rule : rules()) {
    if (!used.contains(rule.id)) continue;
    described.push_back({{"id", rule.id},
                         {"shortDescription", {{"text", rule.sentence}}},
                         {"fullDescription", {{"text", rule.reason}}},
                         {"help", {{"text", "mlx-lm: " + std::string(rule.reference)}}},
                         {"defaultConfiguration", {{"level", name(rule.severity)}}}});
  }
  Json driver = {{"name", "portwright"}, {"version", program_version()}, {"rules", described}};
  Json run = {{"tool", {{"driver", driver}}}, {"columnKind", "unicodeCodePoints"}, {"results", results}};
  return {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
}

}  // namespace portwright::lint
