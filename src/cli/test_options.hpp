// The options of `portwright test`, turned into harness::TestSettings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "harness/test_settings.hpp"

namespace CLI {
class App;
}

namespace portwright::cli {

// The words as given, before they mean anything.
struct TestOptions {
  std::string model;
  std::string port_file;
  std::string python;
  std::string reference_python;
  std::string port_python;
  bool trust_remote_code = false;
  std::vector<std::string> variants;
  std::vector<std::string> checks;
  std::vector<std::string> skip;
  std::string effort = "default";
  std::string prompt;
  std::string prompt_file;
  std::uint64_t seed = 0;
  std::uint64_t timeout_seconds = 0;  // 0: the default of TestSettings
  double memory_gigabytes = 0;        // 0: no limit
  std::string sandbox = "auto";
  std::string out;
  bool resume = false;
  bool no_cache = false;
  bool keep_tensors = false;
};

// The returned options are filled when `app` parses.
[[nodiscard]] std::shared_ptr<TestOptions> declare_test_options(CLI::App& app);

// `words`: the whole command, for the record. A named file that is not there is an input error.
[[nodiscard]] Result<harness::TestSettings> settings_of(const TestOptions& options, std::vector<std::string> words);

}  // namespace portwright::cli
