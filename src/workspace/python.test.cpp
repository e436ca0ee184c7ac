#include "workspace/python.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): POSIX's setenv

#include <cstdlib>
#include <optional>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/temporary_folder.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

struct Interpreters {
  TemporaryFolder folder;
  fs::path path = folder.path();

  // A program that plays an interpreter.
  [[nodiscard]] fs::path program(const std::string& name, const std::string& script) const {
    REQUIRE(write_file(path / name, "#!/bin/sh\n" + script + "\n"));
    fs::permissions(path / name, fs::perms::owner_all);
    return path / name;
  }
  // An environment with one distribution.
  void environment(const std::string& name, const std::string& distribution) const {
    const fs::path site = path / name / "site";
    REQUIRE(
        write_file(site / (distribution + "-1.dist-info") / "METADATA", "Name: " + distribution + "\nVersion: 1\n"));
    static_cast<void>(
        program(name + "/bin/python", R"(echo '{"version": "3.12.1", "path": [")" + site.string() + R"("]}')"));
  }
};

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name); before != nullptr) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST_CASE("a real interpreter tells its version and folders") {
  const Interpreters scratch;
  const auto made =
      run_command({"python3", "-m", "venv", "--without-pip", (scratch.path / "env").string()}, std::chrono::minutes(1));
  REQUIRE(made);
  REQUIRE(made->status == 0);
  const auto python = inspect_python(scratch.path / "env" / "bin" / "python");
  REQUIRE(python);
  CHECK(python->executable == scratch.path / "env" / "bin" / "python");
  CHECK(python->version.starts_with("3."));
  CHECK(python->mlx_lm.empty());
  const auto site = python->site.back();
  CHECK(site.string().starts_with((scratch.path / "env").string()));

  // What an import would run is not run, what metadata says is read.
  REQUIRE(write_file(site / "mlx_lm-0.32.2.dist-info" / "METADATA", "Name: mlx-lm\nVersion: 0.32.2\n"));
  REQUIRE(write_file(site / "mlx_lm" / "__init__.py", "raise SystemExit('imported')"));
  REQUIRE(write_file(site / "transformers" / "__init__.py", "raise SystemExit('imported')"));
  const auto again = inspect_python(scratch.path / "env");
  REQUIRE(again);
  CHECK(again->packages.at("mlx-lm") == "0.32.2");
  CHECK(again->mlx_lm == site / "mlx_lm");
  CHECK(again->transformers == site / "transformers");
}

TEST_CASE("a module in the current folder or on PYTHONPATH is not taken for the library's") {
  const Interpreters scratch;
  REQUIRE(write_file(scratch.path / "json.py", "raise SystemExit('imported')"));
  const Variable path("PYTHONPATH", scratch.path.string());
  const fs::path here = fs::current_path();
  fs::current_path(scratch.path);
  const auto python = inspect_python("python3");
  fs::current_path(here);
  REQUIRE(python);
  for (const fs::path& folder : python->site) CHECK(folder != scratch.path);
}

TEST_CASE("what .pth files print before the answer does no harm") {
  const Interpreters scratch;
  const auto python =
      inspect_python(scratch.program("chatty", R"(echo 'hello {'; echo '{"version": "3.11.2", "path": []}')"));
  REQUIRE(python);
  CHECK(python->version == "3.11.2");
}

TEST_CASE("what is no Python is an error that names it") {
  const Interpreters scratch;
  const auto check = [](const fs::path& executable, const std::string& why) {
    const auto python = inspect_python(executable);
    REQUIRE_FALSE(python);
    CHECK_MESSAGE(python.error().sentence.find(why) != std::string::npos, python.error().sentence);
    CHECK(python.error().sentence.find(executable.string()) != std::string::npos);
  };
  check(scratch.path / "missing", "no such program");
  check(scratch.path, "no such program");
  check(scratch.program("failing", "echo broken >&2; exit 4"), "exited with status 4");
  check(scratch.program("silent", ""), "does not answer as a Python does");
  check(scratch.program("strange", "echo '{\"version\": 3}'"), "does not answer as a Python does");
}

TEST_CASE("the first candidate with the package is chosen, and the others are listed with the reason") {
  const Interpreters scratch;
  scratch.environment("venv", "numpy");
  scratch.environment("conda", "MLX_LM");
  const Variable venv("VIRTUAL_ENV", (scratch.path / "venv").string());
  const Variable conda("CONDA_PREFIX", (scratch.path / "conda").string());
  const auto choice = find_python("mlx-lm");
  REQUIRE(choice);
  CHECK(choice->why == "the active conda environment");
  CHECK(choice->python.executable == scratch.path / "conda" / "bin" / "python");
  CHECK(choice->python.version == "3.12.1");
  REQUIRE(choice->rejected.size() == 1);
  CHECK(choice->rejected[0].executable == scratch.path / "venv" / "bin" / "python");
  CHECK(choice->rejected[0].why == "the active virtual environment, but without mlx-lm");
}

TEST_CASE("where no candidate has the package, the error lists them all and says what to do") {
  const Interpreters scratch;
  scratch.environment("venv", "numpy");
  const Variable venv("VIRTUAL_ENV", (scratch.path / "venv").string());
  const auto choice = find_python("portwright-no-such-package");
  REQUIRE_FALSE(choice);
  CHECK(choice.error().fault == Fault::environment);
  CHECK(choice.error().remedy.find("portwright env create") != std::string::npos);
  CHECK(choice.error().detail.find((scratch.path / "venv").string()) != std::string::npos);
}

}  // namespace
}  // namespace portwright::workspace
