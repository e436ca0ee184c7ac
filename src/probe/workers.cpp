#include "probe/workers.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX's sigaction

#include <algorithm>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/interrupt.hpp"
#include "probe/guard.hpp"
#include "probe/memory_watch.hpp"
#include "probe/worker.hpp"

namespace portwright::probe {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long the loop sleeps at most: ends of processes and credit of other threads are looked for this often.
constexpr milliseconds step{50};
constexpr milliseconds sample_every{100};
constexpr milliseconds redraw_every{200};
constexpr milliseconds until_the_end{2000};
// A side that could not even greet this often will not greet the next time.
constexpr int greetings_to_fail = 2;

AskError interruption() {
  return {.error = {Fault::interrupted, "interrupted", {}, {}}, .kind = "interrupted", .where = {}};
}

// A worker that died is found by its end, not by a signal that would kill this program at the next write.
void ignore_broken_pipes() {
  struct sigaction now{};
  ::sigaction(SIGPIPE, nullptr, &now);
  if (now.sa_handler != SIG_DFL) return;
  now.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &now, nullptr);
}

}  // namespace

std::string_view name(Side side) {
  switch (side) {
    case Side::reference:
      return "reference";
    case Side::port:
      return "port";
    case Side::canary:
      return "canary";
    case Side::hub:
      return "hub";
  }
  return "";
}

struct Workers::State {
  // What is known of one side over all its processes.
  struct Post {
    std::unique_ptr<Worker> worker;
    std::uint64_t generation = 0;
    int greetings_failed = 0;  // in a row
    bool counted = false;      // the end of this worker is in greetings_failed
  };

  std::map<Side, Launch> launches;
  Limits limits;
  ExchangeFolder exchange;
  MemoryWatch memory;
  std::optional<Guard> guard;
  std::map<Side, Post> posts;
  std::uint64_t last_id = 0;
  std::unordered_map<std::uint64_t, Side> asked;  // not answered yet
  std::unordered_map<std::uint64_t, Answered> answered;
  std::function<void()> redraw;
  std::function<void(const Ticket&, std::uint64_t, std::uint64_t)> show;
  Waited waited{0};
  Clock::time_point next_sample;
  Clock::time_point next_redraw;

  State(std::map<Side, Launch> the_launches, Limits the_limits, ExchangeFolder the_exchange)
      : launches(std::move(the_launches)),
        limits(the_limits),
        exchange(std::move(the_exchange)),
        memory(exchange.in_memory() ? exchange.path() : std::filesystem::path()) {}

  [[nodiscard]] bool runs(Side side) const {
    const auto post = posts.find(side);
    return post != posts.end() && post->second.worker && !post->second.worker->gone();
  }

  [[nodiscard]] std::vector<pid_t> groups() const {
    std::vector<pid_t> running;
    for (const auto& [side, post] : posts) {
      if (runs(side)) running.push_back(post.worker->group());
    }
    return running;
  }

  Status start(Side side);
  WorkerEvents events_of(Side side);
  void serve_all();
  void wait_for_events();
  void end_all(const AskError& why);
  void look_at_memory();
  void note_ends();
};

WorkerEvents Workers::State::events_of(Side side) {
  return {.answered =
              [this](std::uint64_t id, Answered result) {
                asked.erase(id);
                answered.emplace(id, std::move(result));
              },
          .progressed =
              [this, side](std::uint64_t id, std::uint64_t done, std::uint64_t of) {
                if (show) show(Ticket{side, id}, done, of);
              }};
}

Status Workers::State::start(Side side) {
  if (interrupted()) return tl::unexpected(interruption().error);
  Post& post = posts[side];
  if (post.worker) post.worker->serve(waited);  // it may have died since the last look
  note_ends();
  if (runs(side)) return {};
  const auto launch = launches.find(side);
  if (launch == launches.end()) return fail(Fault::internal, fmt::format("no command starts a {} worker", name(side)));
  if (post.greetings_failed >= greetings_to_fail) return tl::unexpected(post.worker->gone()->error);
  if (!guard) {
    auto started = Guard::start(exchange.path());
    if (!started) return tl::unexpected(started.error());
    guard.emplace(*std::move(started));
  }
  const auto folder = exchange.path() / fmt::format("{}-{}", name(side), post.generation + 1);
  auto worker = Worker::start(side, launch->second, limits, folder, waited, events_of(side));
  if (!worker) return tl::unexpected(worker.error());
  post.worker = *std::move(worker);
  post.counted = false;
  ++post.generation;
  guard->watch(groups());
  return {};
}

// Serves every worker once, after at most one step of waiting.
void Workers::State::serve_all() {
  wait_for_events();
  if (interrupted()) {
    end_all(interruption());
    return;
  }
  for (auto& [side, post] : posts) {
    if (post.worker) post.worker->serve(waited);
  }
  look_at_memory();
  note_ends();
  if (redraw && Clock::now() >= next_redraw) {
    next_redraw = Clock::now() + redraw_every;
    redraw();
  }
}

void Workers::State::wait_for_events() {
  std::vector<pollfd> waiting{{interrupt_descriptor(), POLLIN, 0}};
  for (const auto& [side, post] : posts) {
    if (!runs(side)) continue;
    waiting.push_back({post.worker->answers_descriptor(), POLLIN, 0});
    if (post.worker->has_to_write()) waiting.push_back({post.worker->requests_descriptor(), POLLOUT, 0});
  }
  const auto begin = Clock::now();
  ::poll(waiting.data(), waiting.size(), static_cast<int>(step.count()));
  waited += Clock::now() - begin;
}

void Workers::State::end_all(const AskError& why) {
  for (auto& [side, post] : posts) {
    if (post.worker) post.worker->kill(why);
  }
}

void Workers::State::look_at_memory() {
  if (Clock::now() < next_sample) return;
  next_sample = Clock::now() + sample_every;
  memory.sample(groups());
  if (limits.memory_bytes == 0 || memory.now_bytes() <= limits.memory_bytes) return;
  for (auto& [side, post] : posts) {
    if (!runs(side) || post.worker->group() != memory.largest()) continue;
    const auto gigabytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e9; };
    post.worker->kill(
        {.error = {Fault::environment,
                   fmt::format("the {} worker was ended: all processes together took {:.2f} GB of memory, "
                               "more than the {:.2f} GB allowed",
                               name(side), gigabytes(memory.now_bytes()), gigabytes(limits.memory_bytes)),
                   "allow more with --memory", post.worker->last_lines()},
         .kind = "memory",
         .where = {}});
  }
}

void Workers::State::note_ends() {
  for (auto& [side, post] : posts) {
    if (!post.worker || !post.worker->gone() || post.counted) continue;
    post.counted = true;
    guard->watch(groups());
    if (post.worker->greeting()) {
      post.greetings_failed = 0;
    } else if (const std::string& kind = post.worker->gone()->kind; kind != "cancelled" && kind != "interrupted") {
      // An environment that lacks a library will lack it again.
      post.greetings_failed += kind == "environment" ? greetings_to_fail : 1;
    }
  }
}

Workers::Workers(std::map<Side, Launch> launches, Limits limits, ExchangeFolder exchange)
    : state_(std::make_unique<State>(std::move(launches), limits, std::move(exchange))) {
  ignore_broken_pipes();
}

Workers::~Workers() {
  for (auto& [side, post] : state_->posts) {
    if (state_->runs(side)) post.worker->ask_to_leave();
  }
  for (auto& [side, post] : state_->posts) {
    if (state_->runs(side)) stop(side);
  }
}

Status Workers::start(Side side) { return state_->start(side); }

Result<Json> Workers::greeting(Side side) {
  if (Status started = state_->start(side); !started) return tl::unexpected(started.error());
  const auto& worker = state_->posts[side].worker;
  while (!worker->greeting() && !worker->gone()) state_->serve_all();
  if (worker->greeting()) return *worker->greeting();
  return tl::unexpected(worker->gone()->error);
}

Json Workers::last_greeting(Side side) const {
  const auto post = state_->posts.find(side);
  const bool is_known = post != state_->posts.end() && post->second.worker && post->second.worker->greeting();
  return is_known ? *post->second.worker->greeting() : Json();
}

std::uint64_t Workers::generation(Side side) const {
  const auto post = state_->posts.find(side);
  return post == state_->posts.end() ? 0 : post->second.generation;
}

Result<Ticket> Workers::submit(Side side, Json request, milliseconds deadline, TensorSink sink) {
  if (Status started = state_->start(side); !started) return tl::unexpected(started.error());
  const Ticket ticket{side, ++state_->last_id};
  Json message{{"id", ticket.id}};
  message.update(request);
  state_->asked.emplace(ticket.id, side);
  state_->posts[side].worker->submit(
      {.id = ticket.id, .message = std::move(message), .deadline = deadline, .sink = std::move(sink)}, state_->waited);
  return ticket;
}

Answered Workers::wait(const Ticket& ticket) {
  while (state_->asked.contains(ticket.id)) state_->serve_all();
  auto found = state_->answered.extract(ticket.id);
  if (!found.empty()) return std::move(found.mapped());
  return tl::unexpected(AskError{
      .error = {Fault::internal, fmt::format("request {} was not asked or waited for before", ticket.id), {}, {}},
      .kind = "internal",
      .where = {}});
}

Answered Workers::ask(Side side, Json request, milliseconds deadline) {
  const auto ticket = submit(side, std::move(request), deadline);
  if (ticket) return wait(*ticket);
  const bool by_signal = ticket.error().fault == Fault::interrupted;
  return tl::unexpected(
      AskError{.error = ticket.error(), .kind = by_signal ? "interrupted" : "environment", .where = {}});
}

std::string Workers::last_lines(Side side) const {
  const auto post = state_->posts.find(side);
  return post == state_->posts.end() || !post->second.worker ? "" : post->second.worker->last_lines();
}

std::uint64_t Workers::peak_memory_bytes() const { return state_->memory.peak_bytes(); }

std::optional<std::uint64_t> Workers::memory_room() const {
  const std::uint64_t allowed = state_->limits.memory_bytes;
  if (allowed == 0) return std::nullopt;
  state_->memory.sample(state_->groups());
  return allowed - std::min(allowed, state_->memory.now_bytes());
}

const std::filesystem::path& Workers::exchange() const { return state_->exchange.path(); }

void Workers::stop(Side side) {
  if (!state_->runs(side)) return;
  Worker& worker = *state_->posts[side].worker;
  worker.ask_to_leave();
  for (const auto until = Clock::now() + until_the_end; !worker.gone() && Clock::now() < until;) {
    worker.serve(state_->waited);
    if (!worker.gone()) std::this_thread::sleep_for(milliseconds(2));
  }
  worker.stop();
  state_->note_ends();
}

void Workers::on_idle(std::function<void()> redraw) { state_->redraw = std::move(redraw); }

void Workers::on_progress(std::function<void(const Ticket&, std::uint64_t, std::uint64_t)> show) {
  state_->show = std::move(show);
}

}  // namespace portwright::probe
