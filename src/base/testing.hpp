// What unit tests of several parts ask.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

namespace portwright::testing {

// Whether the condition holds within six seconds.
template <class Condition>
[[nodiscard]] bool becomes(Condition condition) {
  for (int tries = 0; tries < 600; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// Whether the words stand in the sentence, which a failure shows.
[[nodiscard]] inline bool says(const std::string& sentence, const std::string& words) {
  CAPTURE(sentence);
  return sentence.find(words) != std::string::npos;
}

}  // namespace portwright::testing
