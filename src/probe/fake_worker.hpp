// For tests: a pool of the fake workers in tests/fake_worker.py.
#pragma once

#include <string>

#include "base/process.hpp"
#include "probe/workers.hpp"

namespace portwright::probe::testing {

inline Launch fake_launch(const std::string& greeting, const std::filesystem::path& log) {
  return {
      .command = {"python3", PORTWRIGHT_SOURCE_DIR "/tests/fake_worker.py", greeting}, .environment = {}, .log = log};
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
