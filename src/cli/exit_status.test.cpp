#include "cli/exit_status.hpp"

#include <doctest/doctest.h>

namespace portwright::cli {
namespace {

TEST_CASE("every fault has the documented exit status") {
  CHECK(static_cast<int>(exit_status(Fault::input)) == 2);
  CHECK(static_cast<int>(exit_status(Fault::environment)) == 3);
  CHECK(static_cast<int>(exit_status(Fault::worker)) == 3);
  CHECK(static_cast<int>(exit_status(Fault::internal)) == 3);
  CHECK(static_cast<int>(exit_status(Fault::interrupted)) == 130);
}

TEST_CASE("every verdict has the documented exit status, and what was not compared is no pass") {
  CHECK(static_cast<int>(exit_status(results::Verdict::pass)) == 0);
  CHECK(static_cast<int>(exit_status(results::Verdict::fail)) == 1);
  CHECK(static_cast<int>(exit_status(results::Verdict::error)) == 3);
  CHECK(static_cast<int>(exit_status(results::Verdict::inconclusive)) == 4);
  CHECK(static_cast<int>(exit_status(results::Verdict::not_compared)) == 4);
}

}  // namespace
}  // namespace portwright::cli
