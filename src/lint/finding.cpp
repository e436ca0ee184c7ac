#include "lint/finding.hpp"

namespace portwright::lint {

Json to_json(const Finding& finding) {
  return {{"rule", finding.rule->id},
          {"severity", name(finding.rule->severity)},
          {"file", finding.file.string()},
          {"line", finding.line},
          {"column", finding.column},
          {"sentence", finding.sentence},
          {"fix", finding.fix},
          {"reference", finding.rule->reference}};
}

}  // namespace portwright::lint
