// The two or three interpreters that measure, seen from the program: start, ask, wait, deadline, death.
// The wire is docs/probe-protocol.md; nothing here knows what a request means.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "probe/exchange.hpp"

namespace portwright::probe {

// `canary` is a port worker without any patch or preload; `hub` talks to the Hub.
enum class Side { reference, port, canary, hub };

[[nodiscard]] std::string_view name(Side side);

// How one worker is started. The pool appends "--requests FD --answers FD --exchange DIR --credit BYTES" to the
// command.
struct Launch {
  std::vector<std::string> command;                // a sandbox's words, the interpreter, "-m", the module
  std::map<std::string, std::string> environment;  // set over the program's own environment
  std::filesystem::path log;                       // where its standard output and error go
};

struct Limits {
  std::chrono::milliseconds greeting{120'000};  // until a started worker must have said hello
  std::uint64_t credit_bytes = 256ULL << 20;    // unreleased tensor bytes after which a worker waits
  std::uint64_t memory_bytes = 0;               // of the whole process tree; 0: no limit
};

// A file of tensors a worker wrote. It outlives its worker, but not the exchange folder of the pool. The last owner's
// destructor removes it and gives its bytes back to the worker.
class TensorFile {
 public:
  TensorFile(std::filesystem::path path, std::uint64_t bytes, std::function<void()> release);
  ~TensorFile();
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::filesystem::path path_;
  std::uint64_t bytes_ = 0;
  std::function<void()> release_;
};

// What a request gave. `sink` (see submit) may have taken the files as they came; then `files` is empty.
struct Answer {
  Json ok = Json::object();
  std::vector<std::shared_ptr<TensorFile>> files;
  double seconds = 0;  // as the worker measured it
};

// Why a request gave no answer. `kind` is what a check decides by, `error` is what a person reads.
struct AskError {
  Error error;
  // The worker's own, as in the protocol: bad_request, checkpoint, port, reference, unsupported, memory, disk,
  // cancelled, environment, internal. Or the program's finding: died, deadline, garbage, memory, interrupted, or sink
  // (the sink of the request returned an error, which is then `error`). The worker is gone after died, garbage, memory
  // found by the program and interrupted, and after a deadline whose cancellation it did not honour: compare
  // generation().
  std::string kind;
  std::string where;  // "FILE:LINE" of the port's line nearest the error, where the worker gave one
};

using Answered = tl::expected<Answer, AskError>;

struct Ticket {
  Side side = Side::reference;
  std::uint64_t id = 0;
};

// Called from within the functions of Workers, none of which it may call itself. Its error cancels the request.
using TensorSink = std::function<Status(std::shared_ptr<TensorFile>)>;

class Workers {
 public:
  // The sides that are missing in `launches` cannot be started. Commands in a sandbox need `exchange` to be writable.
  Workers(std::map<Side, Launch> launches, Limits limits, ExchangeFolder exchange);
  ~Workers();  // closes the pipes, waits briefly, then kills the process groups; leaves no file behind
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Starts a worker and returns at once, so that interpreters import side by side. Nothing if it runs already.
  Status start(Side side);
  // Waits for the greeting (starting the worker if need be).
  [[nodiscard]] Result<Json> greeting(Side side);
  // What the side's last process said of itself, also after its end; null where none has said hello. Starts nothing.
  [[nodiscard]] Json last_greeting(Side side) const;
  // Counts the processes a side has had: a model loaded in an earlier one is gone.
  [[nodiscard]] std::uint64_t generation(Side side) const;

  // Sends a request; starts a worker, or a fresh one where the last has died. `request` holds "do" and its arguments.
  // A worker serves its requests in order; `deadline` counts the time spent in this class while this one is the first
  // in line and the worker has said hello. A sink takes each file as it comes and so bounds what lies in the exchange
  // folder by the credit; files of a request without one are credited at once and lie there until its answer is
  // dropped.
  [[nodiscard]] Result<Ticket> submit(Side side, Json request, std::chrono::milliseconds deadline,
                                      TensorSink sink = {});
  // Serves all workers until this request is answered; a ticket is waited for once. An error's `fault` is worker where
  // it died, hung, wrote garbage or answered out of order (it is then killed; `detail` holds its last lines).
  [[nodiscard]] Answered wait(const Ticket& ticket);
  // submit and wait.
  [[nodiscard]] Answered ask(Side side, Json request, std::chrono::milliseconds deadline);

  [[nodiscard]] std::string last_lines(Side side) const;  // of its log, at most 20
  [[nodiscard]] std::uint64_t peak_memory_bytes() const;  // of the program and all workers together, sampled
  // What is left now of the memory allowed; nothing where there is no limit.
  [[nodiscard]] std::optional<std::uint64_t> memory_room() const;
  [[nodiscard]] const std::filesystem::path& exchange() const;
  void stop(Side side);

  // Called a few times a second while waiting, to redraw progress.
  void on_idle(std::function<void()> redraw);
  // Called for each progress line of a request.
  void on_progress(std::function<void(const Ticket&, std::uint64_t done, std::uint64_t of)> show);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portwright::probe
