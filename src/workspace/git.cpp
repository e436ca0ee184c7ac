#include "workspace/git.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>

#include "base/process.hpp"
#include "workspace/last_lines.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds asking{10};
constexpr std::chrono::hours fetching{2};

// There is nobody to type a password: a question would wait for ever.
const std::map<std::string, std::string> unattended{{"GIT_TERMINAL_PROMPT", "0"}, {"LC_ALL", "C"}};

std::string trimmed_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Status git_does(const std::vector<std::string>& words, const std::string& what) {
  std::vector<std::string> command{"git"};
  command.insert(command.end(), words.begin(), words.end());
  const auto done = run_command(command, fetching, unattended);
  if (!done) return tl::unexpected<Error>(done.error());
  if (done->status == 0) return {};
  return fail(Fault::environment, fmt::format("git could not {}", what),
              "see what git says, and whether the address and the name are right", last_lines(done->errors));
}

// Of "https://name:password@host/path" what may be shown.
std::string without_user(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const std::size_t host = scheme + 3;
  const std::size_t at = url.find('@', host);
  const std::size_t slash = url.find('/', host);
  if (!url.starts_with("http") || at == std::string::npos || (slash != std::string::npos && at > slash)) return url;
  return url.substr(0, host) + url.substr(at + 1);
}

// A commit is known only to a whole history; a branch of the remote wins over a local one of the same name.
std::string resolved_ref(const fs::path& folder, const std::string& ref) {
  for (const std::string& name : {"refs/remotes/origin/" + ref, "refs/tags/" + ref, ref}) {
    std::string commit =
        git_answer(folder, {"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"});
    if (!commit.empty()) return commit;
  }
  return {};
}

}  // namespace

std::string git_answer(const fs::path& folder, std::vector<std::string> words) {
  words.insert(words.begin(), {"git", "-C", folder.string()});
  const auto finished = run_command(words, asking);
  return finished && finished->status == 0 ? trimmed_end(finished->output) : "";
}

CheckoutState checkout_state(const fs::path& folder) {
  CheckoutState state;
  state.commit = git_answer(folder, {"rev-parse", "HEAD"});
  if (!state.commit.empty()) {
    state.dirty = !git_answer(folder, {"status", "--porcelain", "--untracked-files=no"}).empty();
  }
  return state;
}

std::string checkout_origin(const fs::path& folder) {
  return without_user(git_answer(folder, {"config", "--get", "remote.origin.url"}));
}

Status check_out(const fs::path& folder, const std::string& url, const std::string& ref) {
  const std::string name = folder.filename().string();
  const std::string place = folder.string();
  std::error_code ignored;
  if (!fs::exists(folder / ".git", ignored)) {
    if (auto cloned = git_does({"clone", "--quiet", "--", url, place}, fmt::format("clone {}", without_user(url)));
        !cloned) {
      return cloned;
    }
  } else {
    if (checkout_origin(folder) != without_user(url)) {
      return fail(Fault::input, fmt::format("{} is a checkout of another repository", place),
                  "move it away, or name that folder instead");
    }
    if (checkout_state(folder).dirty) {
      return fail(Fault::input, fmt::format("{} holds changes that are in no commit", place),
                  "commit them or put them away; or install that folder as it is by its path");
    }
    if (auto fetched = git_does({"-C", place, "fetch", "--quiet", "--tags", "--", "origin"}, "fetch for " + name);
        !fetched) {
      return fetched;
    }
  }
  const std::string commit = resolved_ref(folder, ref.empty() ? "HEAD" : ref);
  if (commit.empty()) {
    return fail(Fault::input, fmt::format("{} has no branch, tag or commit '{}'", without_user(url), ref),
                "name one that is there");
  }
  return git_does({"-C", place, "checkout", "--quiet", "--detach", commit, "--"}, fmt::format("check out {}", ref));
}

}  // namespace portwright::workspace
