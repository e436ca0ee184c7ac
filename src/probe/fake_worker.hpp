// For tests: a pool of the fake workers in tests/fake_worker.py.
#pragma once

#include <string>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/testing.hpp"
#include "probe/workers.hpp"

namespace portwright::probe::testing {

inline Launch fake_launch(const std::string& greeting, const std::filesystem::path& log) {
  return {
      .command = {"python3", PORTWRIGHT_SOURCE_DIR "/tests/fake_worker.py", greeting}, .environment = {}, .log = log};
}

// Long enough for any answer of a fake worker on a busy machine.
inline constexpr std::chrono::milliseconds patient{20'000};

// Whether the process ends within six seconds.
[[nodiscard]] inline bool ends(pid_t id) {
  return portwright::testing::becomes([id] {
    const auto stat = read_file("/proc/" + std::to_string(id) + "/stat");
    return !stat || stat->find(") Z") != std::string::npos;
  });
}

struct FakePool {
  ExchangeFolder logs;
  Workers workers;

  explicit FakePool(
      const std::string& greeting = "hello", void (*adjust)(Limits&) = [](Limits&) {})
      : logs(ExchangeFolder::make(1).value()),
        workers(launches(greeting), limits(adjust), ExchangeFolder::make(1).value()) {}

 private:
  [[nodiscard]] std::map<Side, Launch> launches(const std::string& greeting) const {
    return {{Side::port, fake_launch(greeting, logs.path() / "port.log")},
            {Side::reference, fake_launch(greeting, logs.path() / "reference.log")}};
  }
  static Limits limits(void (*adjust)(Limits&)) {
    Limits limits;
    adjust(limits);
    return limits;
  }
};

}  // namespace portwright::probe::testing
