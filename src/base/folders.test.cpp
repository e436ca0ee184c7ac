#include <doctest/doctest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): POSIX's setenv

#include <optional>
#include <string>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"

using portwright::TemporaryFolder;

namespace {

// An environment variable that has its old value again at the end of the scope.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = ::getenv(name); old != nullptr) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable(Variable&&) = delete;
  Variable& operator=(const Variable&) = delete;
  Variable& operator=(Variable&&) = delete;
  ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace

TEST_CASE("the cache folder follows PORTWRIGHT_CACHE, XDG_CACHE_HOME and HOME in this order") {
  const Variable home("HOME", "/home/someone");
  const Variable chosen("PORTWRIGHT_CACHE", "/chosen");
  CHECK(portwright::cache_folder() == "/chosen");
  const Variable not_chosen("PORTWRIGHT_CACHE", "");
  const Variable base("XDG_CACHE_HOME", "/base");
  CHECK(portwright::cache_folder() == "/base/portwright");
  const Variable relative("XDG_CACHE_HOME", "relative/path");
  CHECK(portwright::cache_folder().string().starts_with("/home/someone/"));
}

TEST_CASE("the program knows its own file") {
  CHECK(portwright::program_file().is_absolute());
  CHECK(std::filesystem::exists(portwright::program_file()));
}

TEST_CASE("the data folder of a build tree is the source tree") {
  const Variable unset("PORTWRIGHT_DATA", "");
  const auto data = portwright::data_folder();
  REQUIRE(data);
  CHECK(std::filesystem::equivalent(*data, PORTWRIGHT_SOURCE_DIR));
}

TEST_CASE("PORTWRIGHT_DATA wins and must hold probes and schemas") {
  const TemporaryFolder folder;
  const Variable chosen("PORTWRIGHT_DATA", folder.path().string());
  CHECK(portwright::data_folder().error().sentence.find("does not hold probes and schemas") != std::string::npos);
  std::filesystem::create_directories(folder.path() / "probes" / "portwright_probes");
  CHECK_FALSE(portwright::data_folder());
  std::filesystem::create_directories(folder.path() / "schemas");
  CHECK(portwright::data_folder().value() == folder.path());
}
