#include "probe/guard.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "base/pipe.hpp"

namespace portwright::probe {
namespace {

constexpr const char* script = R"(
groups=
while read -r line; do groups=$line; done
sleep 1  # workers leave by themselves at the end of their own pipe
for group in $groups; do kill -s KILL -- "-$group"; done
rm -rf -- "$1"
)";

}  // namespace

Result<Guard> Guard::start(const std::filesystem::path& exchange) {
  auto pipe = make_pipe();
  if (!pipe) return tl::unexpected(pipe.error());
  auto shell = Child::start({.command = {"/bin/sh", "-c", script, "portwright-guard", exchange.string()},
                             .environment = {},
                             .input = pipe->read.number(),
                             .output = -1,
                             .errors = -1,
                             .kept = {}});
  if (!shell) return tl::unexpected(shell.error());
  return Guard(*std::move(shell), std::move(pipe->write));
}

void Guard::watch(const std::vector<pid_t>& groups) {
  const std::string line = fmt::format("{}\n", fmt::join(groups, " "));
  // The shell reads at once and a line is shorter than what a pipe takes, so this neither waits nor is cut.
  [[maybe_unused]] const auto written = ::write(pipe_.number(), line.data(), line.size());
}

}  // namespace portwright::probe
