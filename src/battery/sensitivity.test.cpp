#include "battery/sensitivity.hpp"

#include <doctest/doctest.h>

namespace portwright::battery {
namespace {

const Json seen{{"injected", 4}, {"caught", true}};
const Json unseen{{"injected", 4}, {"caught", false}};
const Json impossible{{"injected", 0}};
const Json unmeasured{{"not_measured", "no memory"}};

TEST_CASE("a check that would have seen one fault is not blind") {
  CHECK(blindness(Json::array({unseen, seen, impossible})).empty());
}

TEST_CASE("a check that would have seen none says so") {
  const std::string told = blindness(Json::array({unseen, impossible}));
  CHECK(told.find("none of the known faults") != std::string::npos);
}

TEST_CASE("where no fault could be put in, nothing is said of sight") {
  CHECK(blindness(Json::array({impossible, unmeasured})).empty());
  CHECK(blindness(Json::array()).empty());
}

}  // namespace
}  // namespace portwright::battery
