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
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::probe {

// `canary` is a port worker without any patch or preload; `hub` talks to the Hub.
enum class Side { reference, port, canary, hub };

[[nodiscard]] std::string_view name(Side side);

// How one worker is started. The pool appends "--requests FD --answers FD --exchange DIR" to the command.
struct Launch {
  std::vector<std::string> command;                // a sandbox's words, the interpreter, "-m", the module
  std::map<std::string, std::string> environment;  // set over the program's own environment
  std::filesystem::path log;                       // where its standard output and error go
};

struct Limits {
  std::chrono::milliseconds greeting{120'000};     // until a started worker must have said hello
  std::uint64_t credit_bytes = 256ULL << 20;       // unreleased tensor bytes after which a worker waits
  std::uint64_t memory_bytes = 0;                  // of the whole process tree; 0: no limit
};

// A file of tensors a worker wrote. The last owner's destructor removes it and gives its bytes back to the worker.
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

struct Ticket {
  Side side = Side::reference;
  std::uint64_t id = 0;
};

using TensorSink = std::function<Status(std::shared_ptr<TensorFile>)>;

class Workers {
 public:
  // `exchange` is made below a memory-backed folder with room for the credit (/dev/shm), else below TMPDIR, and removed at the end.
  Workers(std::map<Side, Launch> launches, Limits limits);
  ~Workers();  // closes the pipes, waits briefly, then kills the process groups; leaves no file behind
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Starts a worker and returns at once, so that interpreters import side by side. Nothing if it runs already.
  Status start(Side side);
  // Waits for the greeting (starting the worker if need be).
  [[nodiscard]] Result<Json> greeting(Side side);
  // Counts the processes a side has had: a model loaded in an earlier one is gone.
  [[nodiscard]] std::uint64_t generation(Side side) const;

  // Sends a request; starts a worker, or a fresh one where the last has died. `request` holds "do" and its arguments.
  [[nodiscard]] Result<Ticket> submit(Side side, Json request, std::chrono::milliseconds deadline, TensorSink sink = {});
  // Serves all workers until this request is answered. An error is the worker's own ("error" in the protocol), or
  // Fault::worker with its last lines where it died, hung, wrote garbage or answered out of order (it is then killed),
  // or Fault::interrupted.
  [[nodiscard]] Result<Answer> wait(const Ticket& ticket);
  // submit and wait.
  [[nodiscard]] Result<Answer> ask(Side side, Json request, std::chrono::milliseconds deadline);

  [[nodiscard]] std::string last_lines(Side side) const;  // of its log, at most 20
  [[nodiscard]] std::uint64_t peak_memory_bytes() const;  // of the program and all workers together, sampled
  [[nodiscard]] const std::filesystem::path& exchange() const;
  void stop(Side side);

  // Called a few times a second while waiting, to redraw progress.
  void on_idle(std::function<void()> redraw);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portwright::probe
