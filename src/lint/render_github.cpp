#include <fmt/format.h>

#include "lint/render.hpp"

namespace portwright::lint {
namespace {

// Percent, line breaks and, in properties, separators end what GitHub reads.
std::string escaped(std::string_view text, bool property) {
  std::string result;
  for (const char letter : printable(text)) {
    if (letter == '%' || (property && (letter == ':' || letter == ','))) {
      result += fmt::format("%{:02X}", static_cast<unsigned>(letter));
    } else {
      result += letter;
    }
  }
  return result;
}

std::string_view command_of(Severity severity) { return severity == Severity::note ? "notice" : name(severity); }

}  // namespace

std::string github_annotations(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text += fmt::format("::{} file={},line={},col={},title={}::{}{} (mlx-lm: {})\n", command_of(finding.rule->severity),
                        escaped(finding.file.string(), true), finding.line, finding.column,
                        escaped(finding.rule->id, true), escaped(finding.sentence, false),
                        finding.fix.empty() ? "" : "; fix: " + escaped(finding.fix, false),
                        escaped(finding.rule->reference, false));
  }
  return text;
}

}  // namespace portwright::lint
