#include "base/amounts.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace portwright {

TEST_CASE("bytes and counts have the unit that keeps them short") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(12'300) == "12 kB");
  CHECK(bytes_text(999'700) == "1 MB");
  CHECK(bytes_text(1'250'000'000) == "1.2 GB");
  CHECK(count_text(640) == "640");
  CHECK(count_text(134'515'008) == "135 M");
  CHECK(count_text(8'190'735'360) == "8.2 B");
}

TEST_CASE("durations lose what does not matter at their length") {
  CHECK(duration(0.42) == "0.4 s");
  CHECK(duration(3) == "3 s");
  CHECK(duration(21.4) == "21 s");
  CHECK(duration(59.9) == "1 min 00 s");
  CHECK(duration(192) == "3 min 12 s");
  CHECK(duration(3840) == "1 h 04 min");
  CHECK(duration(std::nan("")) == "0 s");
}

}  // namespace portwright
