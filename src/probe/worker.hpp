// One worker process and the requests it was given. Passive: the loop in workers.cpp says when to look.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/child.hpp"
#include "base/descriptor.hpp"
#include "probe/announced_files.hpp"
#include "probe/wire.hpp"
#include "probe/worker_log.hpp"
#include "probe/workers.hpp"

namespace portwright::probe {

// The time spent waiting for workers, since the pool began. While the program itself computes, no deadline comes
// nearer.
using Waited = std::chrono::nanoseconds;

struct Request {
  std::uint64_t id = 0;
  Json message;  // with its id
  std::chrono::milliseconds deadline{};
  TensorSink sink;
};

// What a worker tells the pool.
struct WorkerEvents {
  std::function<void(std::uint64_t id, Answered)> answered;
  std::function<void(std::uint64_t id, std::uint64_t done, std::uint64_t of)> progressed;
};

class Worker {
 public:
  // `folder` is made, for its tensors alone.
  [[nodiscard]] static Result<std::unique_ptr<Worker>> start(Side side, const Launch& launch, const Limits& limits,
                                                             const std::filesystem::path& folder, Waited now,
                                                             WorkerEvents events);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();  // kills it where it still runs; removes what it left in its folder

  void submit(Request request, Waited now);
  // Reads, writes, looks for its end and at its deadlines. Never waits.
  void serve(Waited now);
  // Ends it: the request at work fails with `why`, those behind it with `died`.
  void kill(const AskError& why);
  // Closes its pipe of requests, upon which it leaves by itself; requests that are not answered then are `cancelled`.
  void ask_to_leave();
  // Kills it where it did not leave.
  void stop();

  [[nodiscard]] pid_t group() const { return child_.id(); }
  [[nodiscard]] int answers_descriptor() const { return answers_.number(); }    // -1 once it is gone
  [[nodiscard]] int requests_descriptor() const { return requests_.number(); }  // -1 once it is gone or closed
  [[nodiscard]] bool has_to_write() const { return written_ < outgoing_.size(); }
  [[nodiscard]] const std::optional<Json>& greeting() const { return greeting_; }
  // Why it is gone; nothing while it runs.
  [[nodiscard]] const std::optional<AskError>& gone() const { return gone_; }
  [[nodiscard]] std::string last_lines() const { return log_.last_lines(); }

 private:
  // A request in the queue, and for the first one what time it has.
  struct Pending {
    Request request;
    Answer answer;
    Waited due = Waited::max();
    std::optional<AskError> cancelled;  // why
    Waited kill_at = Waited::max();
  };

  Worker(Side side, const Limits& limits, Child child, Descriptor requests, Descriptor answers, WorkerLog log,
         const std::filesystem::path& folder, Waited now, WorkerEvents events);

  void read(Waited now);
  void write();
  void give_credit();
  void send(const Json& message);
  void look_for_its_end(Waited now);
  void look_at_deadlines(Waited now);
  void begin_first(Waited now);
  void cancel_first(AskError why, Waited now);
  void finish_first(Answered answered, Waited now);

  void take_line(std::string_view line, Waited now);
  void take(Hello hello, Waited now);
  void take(const TensorsLine& line, Waited now);
  void take(const ProgressLine& line, Waited now);
  void take(OkLine line, Waited now);
  void take(const ErrorLine& line, Waited now);
  [[nodiscard]] bool is_asked(std::uint64_t id);

  void kill_as_garbage(const std::string& what);
  [[nodiscard]] AskError worker_error(std::string kind, const std::string& what) const;
  [[nodiscard]] std::string doing() const;
  [[nodiscard]] AskError stopped() const;

  Side side_;
  Limits limits_;
  Child child_;
  Descriptor requests_;
  Descriptor answers_;
  WorkerLog log_;
  AnnouncedFiles files_;
  WorkerEvents events_;

  std::string outgoing_;
  std::size_t written_ = 0;  // of outgoing_
  LineReader reader_;
  std::deque<Pending> queue_;  // the first one is at work
  std::optional<Json> greeting_;
  Waited greeting_due_;
  bool leaving_ = false;                  // as asked
  std::optional<Waited> answers_closed_;  // it can say nothing any more, and should be gone soon
  std::optional<AskError> gone_;
};

}  // namespace portwright::probe
