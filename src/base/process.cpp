#include "base/process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/child.hpp"
#include "base/interrupt.hpp"
#include "base/pipe.hpp"

namespace portwright {
namespace {

using Clock = std::chrono::steady_clock;

// Takes what is there. Closes the descriptor at its end.
void drain(Descriptor& from, std::string& into) {
  std::array<char, 65536> buffer{};
  while (from) {
    const ssize_t got = ::read(from.number(), buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      from.close();
    } else if (errno != EINTR) {
      if (errno != EAGAIN) from.close();
      return;
    }
  }
}

// The end of a process is no event of a pipe that a grandchild keeps open, so it is looked for this often.
constexpr std::chrono::milliseconds look_again{20};
// Both pipes at their end means that the process is about to end.
constexpr std::chrono::milliseconds look_again_soon{1};

void wait_for_output(const Descriptor& output, const Descriptor& errors, Clock::time_point until) {
  std::array<pollfd, 3> waiting{
      {{output.number(), POLLIN, 0}, {errors.number(), POLLIN, 0}, {interrupt_descriptor(), POLLIN, 0}}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  const auto step = output || errors ? look_again : look_again_soon;
  ::poll(waiting.data(), waiting.size(),
         static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, step).count()));
}

}  // namespace

Result<Finished> run_command(const std::vector<std::string>& command, std::chrono::milliseconds deadline,
                             const std::map<std::string, std::string>& environment) {
  auto output = make_pipe();
  if (!output) return tl::unexpected(output.error());
  auto errors = make_pipe();
  if (!errors) return tl::unexpected(errors.error());
  make_nonblocking(output->read);
  make_nonblocking(errors->read);

  auto child = Child::start({.command = command,
                             .environment = environment,
                             .input = -1,
                             .output = output->write.number(),
                             .errors = errors->write.number(),
                             .kept = {}});
  if (!child) return tl::unexpected(child.error());
  output->write.close();
  errors->write.close();

  const auto until = Clock::now() + deadline;
  Finished finished;
  while (true) {
    const auto ending = child->ended();
    drain(output->read, finished.output);
    drain(errors->read, finished.errors);
    if (ending) {
      finished.status = ending->signal != 0 ? 128 + ending->signal : ending->status;
      return finished;
    }
    if (interrupted()) return fail(Fault::interrupted, fmt::format("interrupted while {} ran", command.front()));
    if (Clock::now() >= until) {
      return fail(Fault::environment,
                  fmt::format("{} did not end within {:.1f} s", fmt::join(command, " "),
                              std::chrono::duration<double>(deadline).count()),
                  {}, finished.errors);
    }
    wait_for_output(output->read, errors->read, until);
  }
}

std::string find_program(const std::string& name) {
  const auto runnable = [](const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
  };
  if (name.empty()) return {};
  if (name.find('/') != std::string::npos) return runnable(name) ? std::filesystem::absolute(name).string() : "";
  const char* variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  while (!path.empty()) {
    const std::string_view folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), folder.size() + 1));
    const auto file = std::filesystem::absolute(folder.empty() ? "." : folder) / name;
    if (runnable(file)) return file.string();
  }
  return {};
}

}  // namespace portwright
