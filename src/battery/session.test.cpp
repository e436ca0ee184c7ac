#include "battery/session.hpp"

#include <doctest/doctest.h>

#include "probe/fake_worker.hpp"

namespace portwright::battery {
namespace {

using probe::Limits;
using probe::Side;
using probe::testing::FakePool;
using probe::testing::patient;

constexpr std::uint64_t more_than_any_room = 1ULL << 60;

void unlimited(Limits& limits) { limits.memory_bytes = 0; }
void limited(Limits& limits) { limits.memory_bytes = 100'000'000'000; }

struct OneSession {
  FakePool pool;
  Session session;

  OneSession(std::uint64_t weights_bytes, void (*adjust)(Limits&))
      : pool("hello", adjust),
        session(pool.workers, nullptr, {patient, {}, {}, {}, weights_bytes}, LoadPlan{}, LoadPlan{}) {}
};

// "reference float64", in the order in which forms were loaded since the last call.
std::vector<std::string> loads_of(Session& session) {
  std::vector<std::string> loads;
  const Json exchanged = session.take_exchanged();
  for (const Json& request : exchanged.value("requests", Json::array())) {
    loads.push_back(request.at("side").get<std::string>() + " " + request.at("form").get<std::string>());
  }
  return loads;
}

void load(Session& session, Side side, Form form) { REQUIRE(session.load(side, form)); }

}  // namespace

TEST_CASE("a form is loaded once, and so are forms that were loaded ahead") {
  OneSession one(more_than_any_room, unlimited);
  const std::vector<std::pair<Side, Form>> soon{{Side::reference, Form::float64}, {Side::port, Form::float32}};
  one.session.load_ahead(soon);
  load(one.session, Side::reference, Form::float64);
  load(one.session, Side::port, Form::native);
  load(one.session, Side::port, Form::float32);
  CHECK(loads_of(one.session) == std::vector<std::string>{"reference float64", "port float32", "port native"});
}

TEST_CASE("where memory is allowed and has room, nothing is unloaded") {
  OneSession one(1'000'000, limited);
  one.session.load_ahead({{Side::port, Form::float32}});
  load(one.session, Side::port, Form::native);
  load(one.session, Side::port, Form::float32);
  CHECK(loads_of(one.session) == std::vector<std::string>{"port float32", "port native"});
}

TEST_CASE("without room in what is allowed, one form is held at a time and none is loaded ahead") {
  OneSession one(more_than_any_room, limited);
  one.session.load_ahead({{Side::port, Form::float32}});
  CHECK(loads_of(one.session).empty());
  load(one.session, Side::port, Form::float32);
  load(one.session, Side::reference, Form::float32);
  load(one.session, Side::port, Form::float32);
  CHECK(loads_of(one.session) == std::vector<std::string>{"port float32", "reference float32", "port float32"});
}

}  // namespace portwright::battery
