#include <fmt/format.h>

#include "lint/example.hpp"
#include "lint/render.hpp"

namespace portwright::lint {

std::string explained(const Rule& rule, int width) {
  std::string text = fmt::format("{}  ({})\n", rule.id, name(rule.severity));
  text += wrapped(std::string(rule.sentence) + " " + std::string(rule.reason), width, 0);
  text += fmt::format("\nmlx-lm: {}\n", rule.reference);
  if (const Example* example = example_of(rule.id)) {
    text += fmt::format("\nwrong:\n\n{}\nright:\n\n{}", plain(example->wrong), plain(example->right));
  }
  text += fmt::format("\nleave a line alone:  # portwright: ignore[{}]\n", rule.id);
  return text;
}

std::string rules_markdown() {
  std::string text =
      "# Rules of `lint`\n\n"
      "What mlx-lm's maintainers ask of a port, as far as its text shows it. `portwright lint --list --format "
      "markdown` "
      "writes this file from the table in [rules.cpp](../src/lint/rules.cpp); a test compares. An *error* breaks users "
      "or "
      "policy, a *warning* is what a reviewer would ask, a *note* is shown with `--severity note`. Numbers are issues "
      "and "
      "pull requests of ml-explore/mlx-lm. `# portwright: ignore[RULE]` at the end of a line leaves it alone.\n\n"
      "| rule | severity | asks |\n| --- | --- | --- |\n";
  for (const Rule& rule : rules()) {
    text += fmt::format("| [{0}](#{0}) | {1} | {2} |\n", rule.id, name(rule.severity), rule.sentence);
  }
  for (const Rule& rule : rules()) {
    text += fmt::format("\n## {}\n\n{} {} ({})\n", rule.id, rule.sentence, rule.reason, rule.reference);
    if (const Example* example = example_of(rule.id)) {
      text += fmt::format("\n```python\n# wrong\n{}\n# right\n{}```\n", plain(example->wrong), plain(example->right));
    }
  }
  return text;
}

Json to_json(const Rule& rule) {
  const Example* example = example_of(rule.id);
  return {{"id", rule.id},
          {"severity", name(rule.severity)},
          {"sentence", rule.sentence},
          {"reason", rule.reason},
          {"reference", rule.reference},
          {"wrong", example == nullptr ? Json(nullptr) : Json(plain(example->wrong))},
          {"right", example == nullptr ? Json(nullptr) : Json(plain(example->right))}};
}

}  // namespace portwright::lint
