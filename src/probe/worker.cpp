#include "probe/worker.hpp"

#include <fmt/format.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX's SIGKILL
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/pipe.hpp"

namespace portwright::probe {
namespace {

using std::chrono::seconds;

constexpr seconds grace{2};                         // from a cancellation to the kill
constexpr seconds leaving{2};                       // from the end of its answers to the kill
constexpr std::uint64_t largest_log = 256U << 20U;  // a port that prints without end fills the disk

Fault fault_of(std::string_view kind) {
  if (kind == "checkpoint" || kind == "port") return Fault::input;
  if (kind == "environment" || kind == "memory" || kind == "disk" || kind == "unsupported") return Fault::environment;
  if (kind == "bad_request") return Fault::internal;
  return Fault::worker;
}

std::string remedy_of(std::string_view kind) {
  if (kind == "disk") return "free some space, or let TMPDIR name a folder with more room";
  return {};
}

AskError as_ask_error(const ErrorLine& line) {
  return {.error = {fault_of(line.kind), line.sentence, remedy_of(line.kind), line.detail},
          .kind = line.kind,
          .where = line.where};
}

double in_seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Result<std::unique_ptr<Worker>> Worker::start(Side side, const Launch& launch, const Limits& limits,
                                              const std::filesystem::path& folder, Waited now, WorkerEvents events) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(Fault::environment, fmt::format("{} cannot be made: {}", folder.string(), error.message()));
  auto log = WorkerLog::open(launch.log);
  if (!log) return tl::unexpected(log.error());
  auto requests = make_pipe();
  if (!requests) return tl::unexpected(requests.error());
  auto answers = make_pipe();
  if (!answers) return tl::unexpected(answers.error());
  make_nonblocking(requests->write);
  make_nonblocking(answers->read);

  Spawn spawn{.command = launch.command,
              .environment = launch.environment,
              .input = -1,
              .output = log->descriptor(),
              .errors = log->descriptor(),
              .kept = {requests->read.number(), answers->write.number()}};
  for (std::string word : {std::string("--requests"), std::to_string(requests->read.number()), std::string("--answers"),
                           std::to_string(answers->write.number()), std::string("--exchange"), folder.string(),
                           std::string("--credit"), std::to_string(limits.credit_bytes)}) {
    spawn.command.push_back(std::move(word));
  }
  auto child = Child::start(spawn);
  if (!child) return tl::unexpected(child.error());
  return std::unique_ptr<Worker>(new Worker(side, limits, *std::move(child), std::move(requests->write),
                                            std::move(answers->read), *std::move(log), folder, now, std::move(events)));
}

Worker::Worker(Side side, const Limits& limits, Child child, Descriptor requests, Descriptor answers, WorkerLog log,
               const std::filesystem::path& folder, Waited now, WorkerEvents events)
    : side_(side),
      limits_(limits),
      child_(std::move(child)),
      requests_(std::move(requests)),
      answers_(std::move(answers)),
      log_(std::move(log)),
      files_(folder),
      events_(std::move(events)),
      greeting_due_(now + limits.greeting) {}

Worker::~Worker() {
  child_.kill();
  queue_.clear();
  files_.remove_leftovers();
}

void Worker::submit(Request request, Waited now) {
  send(request.message);
  queue_.push_back({.request = std::move(request), .answer = {}, .due = Waited::max(), .cancelled = {}});
  if (queue_.size() == 1) begin_first(now);
  write();
}

void Worker::serve(Waited now) {
  if (gone_) return;
  read(now);
  if (!gone_) look_for_its_end(now);
  if (!gone_) look_at_deadlines(now);
  if (!gone_) give_credit();
}

void Worker::read(Waited now) {
  std::array<char, 65536> buffer{};
  // Bounded, so that a worker that talks without end does not keep the loop from the others and from its deadline.
  for (int chunk = 0; chunk < 256 && answers_ && !gone_; ++chunk) {
    const ssize_t got = ::read(answers_.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      answers_.close();
      answers_closed_ = now;
      return;
    }
    reader_.append({buffer.data(), static_cast<std::size_t>(got)});
    while (!gone_) {
      const auto line = reader_.next();
      if (!line) break;
      take_line(*line, now);
    }
    if (!gone_ && reader_.too_long()) kill_as_garbage("a line of more than 64 MiB");
  }
}

void Worker::write() {
  while (requests_ && has_to_write()) {
    const ssize_t put = ::write(requests_.number(), outgoing_.data() + written_, outgoing_.size() - written_);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      // Nobody reads any more: its end is found where ends are looked for.
      if (errno != EAGAIN) requests_.close();
      return;
    }
    written_ += static_cast<std::size_t>(put);
  }
  outgoing_.clear();
  written_ = 0;
}

void Worker::give_credit() {
  if (const std::uint64_t credit = files_.take_credit(); credit > 0) send({{"credit", credit}});
  write();
}

void Worker::send(const Json& message) {
  outgoing_ += message.dump(-1, ' ', false, Json::error_handler_t::replace);
  outgoing_ += '\n';
}

void Worker::look_for_its_end(Waited now) {
  if (const auto ending = child_.ended()) {
    // What it said before it ended counts.
    read(now);
    if (gone_) return;
    if (leaving_) {
      kill(stopped());
    } else if (killing_signal(*ending) == SIGKILL) {
      kill(worker_error("memory", "was killed, most likely by the kernel for lack of memory"));
    } else {
      kill(worker_error("died", in_words(*ending)));
    }
  } else if (answers_closed_ && now - *answers_closed_ > leaving) {
    kill(worker_error("died", "closed its pipe of answers and went on running"));
  } else if (log_.size() > largest_log) {
    kill_as_garbage(fmt::format("more than {} MiB of output", largest_log >> 20U));
  }
}

void Worker::look_at_deadlines(Waited now) {
  if (!greeting_) {
    if (now < greeting_due_) return;
    kill(worker_error("deadline", fmt::format("did not say hello within {:.0f} s", in_seconds(limits_.greeting))));
    return;
  }
  if (queue_.empty()) return;
  const Pending& first = queue_.front();
  if (now >= first.kill_at) {
    kill(*first.cancelled);
  } else if (!first.cancelled && now >= first.due) {
    cancel_first(
        worker_error("deadline", fmt::format("did not answer within {:.1f} s", in_seconds(first.request.deadline))),
        now);
  }
}

void Worker::begin_first(Waited now) {
  if (greeting_ && !queue_.empty()) queue_.front().due = now + queue_.front().request.deadline;
}

void Worker::cancel_first(AskError why, Waited now) {
  Pending& first = queue_.front();
  first.cancelled = std::move(why);
  first.kill_at = now + grace;
  first.answer.files.clear();
  send({{"cancel", first.request.id}});
}

void Worker::finish_first(Answered answered, Waited now) {
  const std::uint64_t id = queue_.front().request.id;
  queue_.pop_front();
  events_.answered(id, std::move(answered));
  begin_first(now);
}

void Worker::take_line(std::string_view line, Waited now) {
  auto message = parse_message(line);
  if (!message) {
    kill_as_garbage(message.error());
  } else if (!greeting_ && !std::holds_alternative<Hello>(*message)) {
    kill_as_garbage("a line before its greeting");
  } else {
    std::visit([&](auto& kind) { take(std::move(kind), now); }, *message);
  }
}

void Worker::take(Hello hello, Waited now) {
  if (greeting_) {
    kill_as_garbage("a second greeting");
    return;
  }
  if (const auto error = hello.facts.find("error"); error != hello.facts.end()) {
    ErrorLine line = parse_error(*error);
    line.kind = "environment";
    kill(as_ask_error(line));
    return;
  }
  if (const Json& spoken = hello.facts["hello"]; spoken != protocol) {
    AskError error = worker_error("environment", fmt::format("speaks {} and not {}", spoken.dump(), protocol));
    error.error.fault = Fault::environment;
    kill(error);
    return;
  }
  greeting_ = std::move(hello.facts);
  begin_first(now);
}

bool Worker::is_asked(std::uint64_t id) {
  if (!queue_.empty() && queue_.front().request.id == id) return true;
  kill_as_garbage(fmt::format("a line for request {}, which it was not at work on", id));
  return false;
}

void Worker::take(const TensorsLine& line, Waited now) {
  if (!is_asked(line.id)) return;
  Pending& first = queue_.front();
  auto file = files_.take(line, !first.request.sink);
  if (!file) {
    kill_as_garbage(file.error());
    return;
  }
  if (first.cancelled) return;
  if (!first.request.sink) {
    first.answer.files.push_back(*std::move(file));
    return;
  }
  if (Status taken = first.request.sink(*std::move(file)); !taken) {
    cancel_first({.error = taken.error(), .kind = "sink", .where = {}}, now);
  }
  // At once: while the next sinks work, so does the worker.
  give_credit();
}

void Worker::take(const ProgressLine& line, Waited /*now*/) {
  if (is_asked(line.id) && !queue_.front().cancelled) events_.progressed(line.id, line.done, line.of);
}

void Worker::take(OkLine line, Waited now) {
  if (!is_asked(line.id)) return;
  Pending& first = queue_.front();
  if (first.cancelled) {
    finish_first(tl::unexpected(*std::move(first.cancelled)), now);
    return;
  }
  Answer answer = std::move(first.answer);
  answer.ok = std::move(line.ok);
  answer.seconds = line.seconds;
  finish_first(std::move(answer), now);
}

void Worker::take(const ErrorLine& line, Waited now) {
  if (!is_asked(line.id)) return;
  Pending& first = queue_.front();
  finish_first(tl::unexpected(first.cancelled ? *std::move(first.cancelled) : as_ask_error(line)), now);
}

void Worker::kill_as_garbage(const std::string& what) { kill(worker_error("garbage", "wrote garbage: " + what)); }

AskError Worker::worker_error(std::string kind, const std::string& what) const {
  return {.error = {Fault::worker, fmt::format("the {} worker {}{}", name(side_), what, doing()), {}, last_lines()},
          .kind = std::move(kind),
          .where = {}};
}

std::string Worker::doing() const {
  if (queue_.empty()) return {};
  if (!greeting_) return " before it had said hello";
  const Json& message = queue_.front().request.message;
  const auto what = message.find("do");
  return what != message.end() && what->is_string() ? fmt::format(" (at work on {})", what->get<std::string>()) : "";
}

void Worker::kill(const AskError& why) {
  if (gone_) return;
  gone_ = why;
  child_.kill();
  requests_.close();
  answers_.close();
  const std::deque<Pending> failed = std::exchange(queue_, {});
  const AskError first = *gone_;  // `why` may belong to the queue
  const AskError behind{.error = {Fault::worker,
                                  fmt::format("the {} worker had ended before it came to this request", name(side_)),
                                  {},
                                  first.error.sentence},
                        .kind = "died",
                        .where = {}};
  for (std::size_t i = 0; i < failed.size(); ++i) {
    // Without a greeting nothing was at work, and the same reason holds for all.
    const bool same = i == 0 || !greeting_ || first.kind == "interrupted";
    events_.answered(failed[i].request.id, tl::unexpected(same ? first : behind));
  }
  files_.remove_leftovers();
}

void Worker::ask_to_leave() {
  leaving_ = true;
  requests_.close();
}

void Worker::stop() { kill(stopped()); }

AskError Worker::stopped() const {
  return {.error = {Fault::worker, fmt::format("the {} worker was stopped", name(side_)), {}, {}},
          .kind = "cancelled",
          .where = {}};
}

}  // namespace portwright::probe
