#include "lint/formatting.hpp"

#include <doctest/doctest.h>

namespace portwright::lint {

TEST_CASE("versions and arguments of hooks are read from the file that pre-commit reads") {
  const char* config =
      "repos:\n-   repo: https://github.com/psf/black-pre-commit-mirror\n    rev: 25.1.0\n    hooks:\n    -   id: "
      "black\n"
      "-   repo: https://github.com/pycqa/isort\n    rev: v6.0.0\n    hooks:\n    -   id: isort\n        args:\n"
      "            - --profile=black\n";
  CHECK(pinned_hook(config, "black").version == "25.1.0");
  CHECK(pinned_hook(config, "black").words.empty());
  CHECK(pinned_hook(config, "isort").version == "6.0.0");
  CHECK(pinned_hook(config, "isort").words == std::vector<std::string>{"--profile=black"});
  CHECK(pinned_hook(config, "ruff").version.empty());
  CHECK(pinned_hook("", "black").version.empty());
}

}  // namespace portwright::lint
