#include "hub/load_progress.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

namespace portwright::hub {
namespace {

constexpr std::uint64_t megabyte = 1'000'000;

TEST_CASE("a terminal sees bytes, rate and remaining time on one line that is cleared") {
  std::ostringstream out;
  double now = 0;
  {
    LoadProgress progress(out, {.interactive = true, .colour = false, .width = 100}, [&now] { return now; });
    progress.begins("org/model");
    progress.arrived(100 * megabyte, 1000 * megabyte);  // what was there counts for no rate
    CHECK(out.str().find("/s") == std::string::npos);
    now = 4;
    progress.arrived(300 * megabyte, 1000 * megabyte);
    CHECK(out.str().find("org/model: 300 MB of 1.0 GB · 50 MB/s · 14 s left") != std::string::npos);
    CHECK(out.str().find('\n') == std::string::npos);
  }
  CHECK(out.str().ends_with("\r\x1b[K"));
}

TEST_CASE("the rate is that of the last seconds") {
  std::ostringstream out;
  double now = 0;
  LoadProgress progress(out, {.interactive = true, .colour = false, .width = 100}, [&now] { return now; });
  progress.begins("org/model");
  std::uint64_t done = 0;
  for (; now < 30; now += 1, done += 100 * megabyte) progress.arrived(done, 10'000 * megabyte);
  out.str("");
  for (; now < 60; now += 1, done += megabyte) progress.arrived(done, 10'000 * megabyte);
  CHECK(out.str().ends_with("· 1 MB/s · 1 h 56 min left"));
}

TEST_CASE("a log gets a line every ten seconds and no control characters") {
  std::ostringstream out;
  double now = 0;
  LoadProgress progress(out, {}, [&now] { return now; });
  progress.begins("org/model\x1b[2J");
  for (; now < 25; now += 0.5) progress.arrived(static_cast<std::uint64_t>(now * 2) * megabyte, 100 * megabyte);
  const std::string text = out.str();
  CHECK(std::ranges::count(text, '\n') == 2);
  CHECK(text.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace portwright::hub
