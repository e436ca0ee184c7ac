// Every failure of a worker, played by tests/fake_worker.py.
#include "probe/workers.hpp"

#include <doctest/doctest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX's kill
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/files.hpp"
#include "probe/fake_worker.hpp"
#include "probe/process_table.hpp"

namespace portwright::probe {
namespace {

using std::chrono::milliseconds;
using testing::ends;
using testing::FakePool;
using testing::patient;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t files_below(const std::filesystem::path& folder) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().filename() != FolderLock::file_name) ++files;
  }
  return files;
}

// The request fails with this kind, and the next one is served: by a fresh process where the first is gone.
AskError failure_of(FakePool& pool, const Json& request, const std::string& kind, bool survives,
                    milliseconds deadline = patient) {
  const auto failed = pool.workers.ask(Side::port, request, deadline);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == kind);
  const auto before = pool.workers.generation(Side::port);
  const auto next = pool.workers.ask(Side::port, {{"do", "echo"}}, patient);
  CHECK(next.has_value());
  CHECK(pool.workers.generation(Side::port) == before + (survives ? 0 : 1));
  return failed.error();
}

TEST_CASE("a request is answered, and one process serves them all") {
  FakePool pool;
  CHECK(pool.workers.generation(Side::port) == 0);
  const auto first = pool.workers.ask(Side::port, {{"do", "echo"}, {"say", "ü\n\"x\""}}, patient);
  REQUIRE(first);
  CHECK(first->ok["said"] == "ü\n\"x\"");
  CHECK(first->seconds == 0.25);
  const auto second = pool.workers.ask(Side::port, {{"do", "echo"}}, patient);
  REQUIRE(second);
  CHECK(second->ok["pid"] == first->ok["pid"]);
  CHECK(pool.workers.generation(Side::port) == 1);
}

TEST_CASE("the greeting is waited for and given") {
  FakePool pool("slow");
  const auto hello = pool.workers.greeting(Side::port);
  REQUIRE(hello);
  CHECK((*hello)["side"] == "port");
}

TEST_CASE("what a worker said of itself outlives it, and asking for that starts none") {
  FakePool pool;
  CHECK(pool.workers.last_greeting(Side::port).is_null());
  CHECK(pool.workers.generation(Side::port) == 0);
  CHECK_FALSE(pool.workers.ask(Side::port, {{"do", "exit"}, {"status", 5}}, patient));
  CHECK(pool.workers.last_greeting(Side::port)["side"] == "port");
  CHECK(pool.workers.generation(Side::port) == 1);
}

TEST_CASE("requests wait in line for the greeting and for each other") {
  FakePool pool("slow");
  std::vector<Ticket> tickets;
  for (int i = 0; i < 50; ++i)
    tickets.push_back(*pool.workers.submit(Side::port, {{"do", "echo"}, {"say", i}}, patient));
  for (int i = 49; i >= 0; --i) {
    const auto answer = pool.workers.wait(tickets[static_cast<std::size_t>(i)]);
    REQUIRE(answer);
    CHECK(answer->ok["said"] == i);
  }
}

TEST_CASE("a ticket is waited for once") {
  FakePool pool;
  const auto ticket = pool.workers.submit(Side::port, {{"do", "echo"}}, patient);
  REQUIRE(pool.workers.wait(*ticket));
  const auto again = pool.workers.wait(*ticket);
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == "internal");
}

TEST_CASE("two sides work side by side") {
  FakePool pool;
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(pool.workers.greeting(Side::port));
  REQUIRE(pool.workers.greeting(Side::reference));
  const auto greeted = std::chrono::steady_clock::now();
  const auto one = pool.workers.submit(Side::port, {{"do", "sleep"}, {"for", 1.0}}, patient);
  const auto other = pool.workers.submit(Side::reference, {{"do", "sleep"}, {"for", 1.0}}, patient);
  CHECK(pool.workers.wait(*one).has_value());
  CHECK(pool.workers.wait(*other).has_value());
  CHECK(std::chrono::steady_clock::now() - greeted < milliseconds(1900));
  CHECK(greeted > begin);
}

TEST_CASE("a worker's own error keeps its kind, its place and its words") {
  FakePool pool;
  const Json error{{"kind", "port"}, {"sentence", "no class Model"}, {"detail", "Traceback"}, {"where", "llama.py:47"}};
  const auto failed = failure_of(pool, {{"do", "fail"}, {"error", error}}, "port", true);
  CHECK(failed.where == "llama.py:47");
  CHECK(failed.error.sentence == "no class Model");
  CHECK(failed.error.detail == "Traceback");
  CHECK(failed.error.fault == Fault::input);
}

TEST_CASE("a full disk in the exchange folder is an error of the environment") {
  FakePool pool;
  const Json error{{"kind", "disk"}, {"sentence", "No space left on device"}};
  const auto failed = failure_of(pool, {{"do", "fail"}, {"error", error}}, "disk", true);
  CHECK(failed.error.fault == Fault::environment);
  CHECK_FALSE(failed.error.remedy.empty());
}

TEST_CASE("progress is told") {
  FakePool pool;
  std::string told;
  pool.workers.on_progress([&](const Ticket&, std::uint64_t done, std::uint64_t of) {
    told += std::to_string(done) + "/" + std::to_string(of) + " ";
  });
  CHECK(pool.workers.ask(Side::port, {{"do", "progress"}}, patient).has_value());
  CHECK(told == "1/3 2/3 3/3 ");
}

TEST_CASE("a deadline cancels, and a worker that honours it lives on") {
  FakePool pool;
  const auto failed = failure_of(pool, {{"do", "sleep"}, {"for", 60}}, "deadline", true, milliseconds(200));
  CHECK(has(failed.error.sentence, "the port worker did not answer within 0.2 s (at work on sleep)"));
  CHECK(failed.error.fault == Fault::worker);
}

TEST_CASE("a worker that ignores the cancellation is killed two seconds later") {
  FakePool pool;
  REQUIRE(pool.workers.greeting(Side::port));
  const auto begin = std::chrono::steady_clock::now();
  const auto failed = pool.workers.ask(Side::port, {{"do", "ignore_cancel"}}, milliseconds(200));
  const auto took = std::chrono::steady_clock::now() - begin;
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == "deadline");
  CHECK(took > milliseconds(2100));
  CHECK(took < milliseconds(6000));
  CHECK(pool.workers.ask(Side::port, {{"do", "echo"}}, patient).has_value());
  CHECK(pool.workers.generation(Side::port) == 2);
}

TEST_CASE("a deadline does not run while an earlier request is at work") {
  FakePool pool;
  REQUIRE(pool.workers.greeting(Side::port));
  const auto first = pool.workers.submit(Side::port, {{"do", "sleep"}, {"for", 1.0}}, patient);
  const auto second = pool.workers.submit(Side::port, {{"do", "echo"}}, milliseconds(800));
  CHECK(pool.workers.wait(*second).has_value());
  CHECK(pool.workers.wait(*first).has_value());
}

TEST_CASE("garbage ends the worker and is quoted") {
  FakePool pool;
  const auto garbage = [&](const std::string& text, const std::string& said) {
    CAPTURE(text);
    const auto failed = failure_of(pool, {{"do", "raw"}, {"text", text}}, "garbage", false);
    CHECK(failed.error.fault == Fault::worker);
    CHECK_MESSAGE(has(failed.error.sentence, said), failed.error.sentence);
  };
  garbage("Loading weights: 100%\n", "no JSON object: Loading weights: 100%");
  garbage("[1, 2]\n", "no JSON object");
  garbage("{\"id\": ID, \"ok\": {}\n", "no JSON object");
  garbage("{\"id\": 999, \"ok\": {}}\n", "request 999, which it was not at work on");
  garbage("{\"id\": -1, \"ok\": {}}\n", "without an id");
  garbage("{\"id\": ID, \"ok\": 3}\n", "no tensors, progress, ok or error");
  garbage("{\"id\": ID, \"tensors\": {\"file\": \"x\"}}\n", "without file or bytes");
  garbage("{\"id\": ID, \"tensors\": {\"file\": \"../port\", \"bytes\": 1}}\n", "outside its exchange folder");
  garbage("{\"id\": ID, \"tensors\": {\"file\": \"nothing\", \"bytes\": 1}}\n", "does not exist");
  garbage("{\"hello\": \"portwright-probe/1\"}\n", "a second greeting");
}

TEST_CASE("tensor files that are not what was announced are garbage") {
  FakePool pool;
  CHECK(has(failure_of(pool, {{"do", "half_tensor"}}, "garbage", false).error.sentence, "as announced"));
  CHECK(has(failure_of(pool, {{"do", "tensor_twice"}}, "garbage", false).error.sentence, "announced twice"));
  CHECK(has(failure_of(pool, {{"do", "tensor_link"}}, "garbage", false).error.sentence, "no plain file"));
  CHECK(std::filesystem::exists("/etc/passwd"));
  CHECK(files_below(pool.workers.exchange()) == 0);
}

TEST_CASE("a line without end and a log without end do not fill the memory or the disk") {
  FakePool pool;
  failure_of(pool, {{"do", "endless_line"}}, "garbage", false);
  failure_of(pool, {{"do", "endless_log"}}, "garbage", false);
}

TEST_CASE("a death is told with its status or signal and its last lines") {
  FakePool pool;
  const auto half = failure_of(pool, {{"do", "half_line_and_death"}}, "died", false);
  CHECK(has(half.error.sentence, "the port worker exited with status 3 (at work on half_line_and_death)"));
  CHECK(half.error.detail == "the last words");
  CHECK(has(failure_of(pool, {{"do", "exit"}, {"status", 0}}, "died", false).error.sentence, "exited with status 0"));
  CHECK(has(failure_of(pool, {{"do", "signal"}, {"name", "SIGSEGV"}}, "died", false).error.sentence,
            "was killed by signal 11 (Segmentation fault)"));
  CHECK(has(failure_of(pool, {{"do", "signal"}, {"name", "SIGKILL"}}, "memory", false).error.sentence,
            "most likely by the kernel for lack of memory"));
  CHECK(has(failure_of(pool, {{"do", "close_answers"}}, "died", false).error.sentence, "closed its pipe of answers"));
}

TEST_CASE("an answer given before the death counts") {
  FakePool pool;
  CHECK(pool.workers.ask(Side::port, {{"do", "answer_and_exit"}}, patient).has_value());
  std::this_thread::sleep_for(milliseconds(300));
  CHECK(pool.workers.ask(Side::port, {{"do", "echo"}}, patient).has_value());
  CHECK(pool.workers.generation(Side::port) == 2);
}

TEST_CASE("a death fails the worker's own tickets only") {
  FakePool pool;
  const auto other = pool.workers.submit(Side::reference, {{"do", "sleep"}, {"for", 0.5}}, patient);
  const auto first = pool.workers.submit(Side::port, {{"do", "exit"}, {"status", 5}}, patient);
  const auto second = pool.workers.submit(Side::port, {{"do", "echo"}}, patient);
  CHECK(pool.workers.wait(*first).error().kind == "died");
  const auto behind = pool.workers.wait(*second);
  REQUIRE_FALSE(behind);
  CHECK(behind.error().kind == "died");
  CHECK(has(behind.error().error.sentence, "before it came to this request"));
  CHECK(pool.workers.wait(*other).has_value());
  CHECK(pool.workers.generation(Side::reference) == 1);
}

TEST_CASE("a child left behind neither hides the death nor outlives it") {
  FakePool pool;
  const auto failed = failure_of(pool, {{"do", "leave_child"}}, "died", false);
  REQUIRE(has(failed.error.detail, "child "));
  CHECK(ends(std::stoi(failed.error.detail.substr(6))));
}

TEST_CASE("a silent worker is given up") {
  FakePool pool("silent", [](Limits& limits) { limits.greeting = milliseconds(300); });
  const auto hello = pool.workers.greeting(Side::port);
  REQUIRE_FALSE(hello);
  CHECK(has(hello.error().sentence, "did not say hello within"));
  CHECK_FALSE(pool.workers.greeting(Side::port));
  const auto generation = pool.workers.generation(Side::port);
  CHECK(generation == 2);
  // After two such beginnings no third is made, so that twenty checks do not wait twenty times.
  CHECK_FALSE(pool.workers.submit(Side::port, {{"do", "echo"}}, patient).has_value());
  CHECK(pool.workers.generation(Side::port) == generation);
}

TEST_CASE("a greeting may be an error, which is not tried again") {
  FakePool pool("error");
  const auto failed = pool.workers.ask(Side::port, {{"do", "echo"}}, patient);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == "environment");
  CHECK(failed.error().error.fault == Fault::environment);
  CHECK(failed.error().error.sentence == "No module named 'mlx'");
  CHECK(pool.workers.ask(Side::port, {{"do", "echo"}}, patient).error().kind == "environment");
  CHECK(pool.workers.generation(Side::port) == 1);
}

TEST_CASE("bad beginnings each have their kind") {
  const auto kind_of = [](const std::string& greeting) {
    FakePool pool(greeting);
    const auto answer = pool.workers.ask(Side::port, {{"do", "echo"}}, patient);
    return answer ? "none" : answer.error().kind;
  };
  CHECK(kind_of("other_version") == "environment");
  CHECK(kind_of("early_answer") == "garbage");
  CHECK(kind_of("death") == "died");
}

TEST_CASE("a worker that does not read blocks nobody") {
  FakePool pool("deaf");
  const std::string long_text(2'000'000, 'x');
  const auto ticket = pool.workers.submit(Side::port, {{"do", "echo"}, {"say", long_text}}, milliseconds(300));
  REQUIRE(ticket);
  CHECK(pool.workers.wait(*ticket).error().kind == "deadline");
}

TEST_CASE("requests larger than a pipe arrive whole") {
  FakePool pool;
  const std::string long_text(2'000'000, 'x');
  const auto answer = pool.workers.ask(Side::port, {{"do", "echo"}, {"say", long_text}}, patient);
  REQUIRE(answer);
  CHECK(answer->ok["said"] == long_text);
}

TEST_CASE("tensors beyond the credit flow as a sink releases them") {
  FakePool pool("hello", [](Limits& limits) { limits.credit_bytes = 3000; });
  int taken = 0;
  std::size_t most = 0;
  const auto ticket = pool.workers.submit(Side::port, {{"do", "tensors"}, {"files", 200}, {"bytes", 1000}}, patient,
                                          [&](std::shared_ptr<TensorFile> file) -> Status {
                                            ++taken;
                                            CHECK(std::filesystem::file_size(file->path()) == file->bytes());
                                            most = std::max(most, files_below(pool.workers.exchange()));
                                            return {};
                                          });
  const auto answer = pool.workers.wait(*ticket);
  REQUIRE(answer);
  CHECK(answer->files.empty());
  CHECK(taken == 200);
  CHECK(most <= 3);
  CHECK(files_below(pool.workers.exchange()) == 0);
}

TEST_CASE("files of a request without a sink stay until the answer is dropped") {
  FakePool pool("hello", [](Limits& limits) { limits.credit_bytes = 3000; });
  {
    const auto answer = pool.workers.ask(Side::port, {{"do", "tensors"}, {"files", 10}, {"bytes", 1000}}, patient);
    REQUIRE(answer);
    CHECK(answer->files.size() == 10);
    CHECK(files_below(pool.workers.exchange()) == 10);
  }
  CHECK(files_below(pool.workers.exchange()) == 0);
}

TEST_CASE("credit given back on another thread reaches the worker") {
  FakePool pool("hello", [](Limits& limits) { limits.credit_bytes = 3000; });
  std::vector<std::thread> releases;
  const auto ticket = pool.workers.submit(Side::port, {{"do", "tensors"}, {"files", 12}, {"bytes", 1000}}, patient,
                                          [&](std::shared_ptr<TensorFile> file) -> Status {
                                            releases.emplace_back([held = std::move(file)]() mutable {
                                              std::this_thread::sleep_for(milliseconds(20));
                                              held.reset();
                                            });
                                            return {};
                                          });
  CHECK(pool.workers.wait(*ticket).has_value());
  for (std::thread& release : releases) release.join();
}

TEST_CASE("a sink's error cancels its request and comes back") {
  FakePool pool;
  const auto ticket = pool.workers.submit(
      Side::port, {{"do", "tensors"}, {"files", 5}, {"bytes", 10}}, patient,
      [](const std::shared_ptr<TensorFile>&) -> Status { return fail(Fault::environment, "the disk is full"); });
  const auto answer = pool.workers.wait(*ticket);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == "sink");
  CHECK(answer.error().error.sentence == "the disk is full");
  CHECK(pool.workers.ask(Side::port, {{"do", "echo"}}, patient).has_value());
  CHECK(pool.workers.generation(Side::port) == 1);
  CHECK(files_below(pool.workers.exchange()) == 0);
}

TEST_CASE("a dead worker's files are removed, but for those in use") {
  FakePool pool;
  std::shared_ptr<TensorFile> held;
  const auto ticket = pool.workers.submit(Side::port, {{"do", "tensors_and_death"}}, patient,
                                          [&](std::shared_ptr<TensorFile> file) -> Status {
                                            held = std::move(file);
                                            return {};
                                          });
  CHECK(pool.workers.wait(*ticket).error().kind == "died");
  REQUIRE(held);
  CHECK(std::filesystem::exists(held->path()));
  CHECK(files_below(pool.workers.exchange()) == 1);
  held.reset();
  CHECK(files_below(pool.workers.exchange()) == 0);
}

TEST_CASE("a worker that takes more memory than allowed is ended, and so is what its children take") {
  for (const char* request : {"eat_memory", "eat_memory_in_child"}) {
    CAPTURE(request);
    // This process counts too, and how much it holds depends on the tests before.
    const std::uint64_t own = own_memory(::getpid());
    FakePool pool("hello", [](Limits& limits) { limits.memory_bytes = own_memory(::getpid()) + 600'000'000; });
    const auto failed = failure_of(pool, {{"do", request}}, "memory", false);
    CHECK(has(failed.error.sentence, "GB allowed"));
    CHECK(pool.workers.peak_memory_bytes() > own + 500'000'000);
  }
}

TEST_CASE("a side without a command is an error of the program") {
  FakePool pool;
  const auto ticket = pool.workers.submit(Side::hub, {{"do", "echo"}}, patient);
  REQUIRE_FALSE(ticket);
  CHECK(ticket.error().fault == Fault::internal);
}

TEST_CASE("an interpreter that does not exist is an error of the environment") {
  FakePool pool;
  const auto made = ExchangeFolder::make(1);
  REQUIRE(made);
  Workers workers({{Side::port, {.command = {"/nowhere/python"}, .environment = {}, .log = made->path() / "log"}}}, {},
                  *ExchangeFolder::make(1));
  const auto answer = workers.ask(Side::port, {{"do", "echo"}}, patient);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == "environment");
  CHECK(has(answer.error().error.sentence, "/nowhere/python"));
}

TEST_CASE("stopping and destroying leave no process and no file") {
  pid_t stopped = 0;
  pid_t destroyed = 0;
  std::filesystem::path exchange;
  {
    FakePool pool;
    exchange = pool.workers.exchange();
    stopped = pool.workers.ask(Side::port, {{"do", "echo"}}, patient)->ok["pid"].get<pid_t>();
    destroyed = pool.workers.ask(Side::reference, {{"do", "echo"}}, patient)->ok["pid"].get<pid_t>();
    const auto held = pool.workers.ask(Side::port, {{"do", "tensors"}, {"files", 3}, {"bytes", 10}}, patient);
    pool.workers.stop(Side::port);
    CHECK(ends(stopped));
    CHECK(std::filesystem::exists(exchange));
  }
  CHECK(ends(destroyed));
  CHECK_FALSE(std::filesystem::exists(exchange));
}

TEST_CASE("a stop fails what was asked as cancelled, and is no failed beginning") {
  FakePool pool("slow");
  for (int i = 0; i < 3; ++i) {
    const auto ticket = pool.workers.submit(Side::port, {{"do", "sleep"}, {"for", 60}}, patient);
    REQUIRE(ticket);
    pool.workers.stop(Side::port);
    const auto answer = pool.workers.wait(*ticket);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == "cancelled");
  }
  CHECK(pool.workers.greeting(Side::port).has_value());
}

TEST_CASE("a file that outlives the pool is dropped without harm") {
  std::shared_ptr<TensorFile> held;
  {
    FakePool pool;
    auto answer = pool.workers.ask(Side::port, {{"do", "tensors"}, {"files", 1}, {"bytes", 10}}, patient);
    REQUIRE(answer);
    held = answer->files.front();
  }
  CHECK_FALSE(std::filesystem::exists(held->path()));
}

}  // namespace
}  // namespace portwright::probe
