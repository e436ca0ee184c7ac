#include "base/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): POSIX's kill and sigset_t, not C's
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/process.hpp"

#ifdef __APPLE__
#include <crt_externs.h>
#endif

namespace portwright {
namespace {

char** own_environment() {
#ifdef __APPLE__
  return *_NSGetEnviron();
#else
  return environ;
#endif
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& overrides) {
  std::vector<std::string> all;
  for (char** entry = own_environment(); *entry != nullptr; ++entry) {
    std::string text = *entry;
    if (!overrides.contains(text.substr(0, text.find('=')))) all.push_back(std::move(text));
  }
  for (const auto& [name, value] : overrides) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

class FileActions {
 public:
  explicit FileActions(const Spawn& spawn) {
    posix_spawn_file_actions_init(&actions_);
    standard(spawn.input, STDIN_FILENO, O_RDONLY);
    standard(spawn.output, STDOUT_FILENO, O_WRONLY);
    standard(spawn.errors, STDERR_FILENO, O_WRONLY);
    for (const int number : spawn.kept) keep(number);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void standard(int number, int target, int flags) {
    if (number < 0) {
      posix_spawn_file_actions_addopen(&actions_, target, "/dev/null", flags, 0);
    } else {
      posix_spawn_file_actions_adddup2(&actions_, number, target);
    }
  }
  void keep(int number) {
#ifdef __APPLE__
    posix_spawn_file_actions_addinherit_np(&actions_, number);
#else
    // glibc takes off close-on-exec where both numbers are the same.
    posix_spawn_file_actions_adddup2(&actions_, number, number);
#endif
  }

  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setpgroup(&attributes_, 0);
    // Ignored signals are inherited, and a program that ignores SIGPIPE never notices that its reader is gone.
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

int killing_signal(const Ending& ending) {
  if (ending.signal != 0) return ending.signal;
  constexpr int highest = 64;
  return ending.status > 128 && ending.status <= 128 + highest ? ending.status - 128 : 0;
}

std::string in_words(const Ending& ending) {
  const int signal = killing_signal(ending);
  if (signal == 0) return fmt::format("exited with status {}", ending.status);
  return fmt::format("was killed by signal {} ({})", signal, ::strsignal(signal));
}

Result<Child> Child::start(const Spawn& spawn) {
  if (spawn.command.empty()) return fail(Fault::internal, "there is no command to start");
  const std::string& name = spawn.command.front();
  const std::string program = find_program(name);
  if (program.empty()) {
    return fail(Fault::environment, fmt::format("the program {} was not found", name),
                name.find('/') == std::string::npos ? fmt::format("install {} or put it on PATH", name) : "");
  }
  std::vector<std::string> words = spawn.command;
  std::vector<std::string> environment = environment_with(spawn.environment);
  const FileActions actions(spawn);
  const Attributes attributes;
  pid_t id = 0;
  const int error = ::posix_spawn(&id, program.c_str(), actions.get(), attributes.get(), pointers(words).data(),
                                  pointers(environment).data());
  if (error != 0)
    return fail(Fault::environment, fmt::format("{} could not be started: {}", program, ::strerror(error)));
  return Child(id);
}

Child::Child(Child&& other) noexcept : id_(std::exchange(other.id_, 0)), ending_(other.ending_) {}

Child::~Child() {
  if (id_ != 0 && !ending_) kill();
}

std::optional<Ending> Child::ended() {
  if (ending_) return ending_;
  siginfo_t info{};
  // The ended process is left unreaped for a moment: it keeps its id, and so its group's id, from being used again.
  while (::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == EINTR) {
  }
  if (info.si_pid != id_) return std::nullopt;
  ::kill(-id_, SIGKILL);
  reap();
  return ending_;
}

Ending Child::kill() {
  if (id_ == 0) return {};  // moved from; a negative zero would be this program's own group
  if (!ending_) {
    ::kill(-id_, SIGKILL);
    reap();
  }
  return *ending_;
}

void Child::reap() {
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  ending_ = WIFSIGNALED(status) ? Ending{0, WTERMSIG(status)} : Ending{WEXITSTATUS(status), 0};
}

}  // namespace portwright
