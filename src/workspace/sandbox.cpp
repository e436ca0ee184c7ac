#include "workspace/sandbox.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "base/process.hpp"

#ifdef __APPLE__
#include <crt_externs.h>
#endif

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

void add(std::vector<std::string>& words, std::initializer_list<std::string> more) { words.insert(words.end(), more); }

bool below(const fs::path& path, const fs::path& folder) {
  const auto [end, ignored] = std::ranges::mismatch(folder, path);
  return end == folder.end();
}

// What a person's tools keep their keys in.
std::vector<fs::path> well_known_keys() {
  std::vector<fs::path> keys;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    for (const char* name : {".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".netrc", ".pypirc",
                             ".git-credentials", ".config/gh", ".config/gcloud", ".config/git/credentials",
                             ".cache/huggingface/token", ".cache/huggingface/stored_tokens"}) {
      keys.push_back(fs::path(home) / name);
    }
  }
  if (const char* hub = std::getenv("HF_HOME"); hub != nullptr && *hub != '\0') {
    keys.push_back(fs::path(hub) / "token");
    keys.push_back(fs::path(hub) / "stored_tokens");
  }
  if (const char* token = std::getenv("HF_TOKEN_PATH"); token != nullptr && *token != '\0') keys.emplace_back(token);
  return keys;
}

void hide(std::vector<std::string>& words, const fs::path& path) {
  std::error_code error;
  // Bubblewrap mounts upon what a link leads to only where it is told so.
  const fs::path real = fs::canonical(path, error);
  if (error) return;  // nothing is there
  if (fs::is_directory(real, error)) {
    add(words, {"--tmpfs", real.string()});
  } else {
    add(words, {"--ro-bind", "/dev/null", real.string()});
  }
}

std::vector<std::string> own_variables() {
#ifdef __APPLE__
  char** entry = *_NSGetEnviron();
#else
  char** entry = environ;
#endif
  std::vector<std::string> names;
  for (; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

}  // namespace

bool is_secret_variable(std::string_view name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper == "SSH_AUTH_SOCK" || upper == "DBUS_SESSION_BUS_ADDRESS") return true;
  // By the ends of words: APIKEY is one, and TOKENIZERS_PARALLELISM stays.
  for (std::string_view rest = upper; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find('_'));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word == "PASS") return true;
    for (const std::string_view secret :
         {"TOKEN", "TOKENS", "SECRET", "SECRETS", "KEY", "KEYS", "PASSWORD", "PASSWD", "CREDENTIALS"}) {
      if (word.ends_with(secret)) return true;
    }
  }
  return false;
}

std::vector<std::string> sandbox_words(const std::vector<fs::path>& writable, const std::vector<fs::path>& hidden,
                                       const std::vector<fs::path>& readable) {
  // The process namespace makes the kill of bwrap the end of all that was started inside; the new session takes the
  // terminal away, into which its input could be typed. /run is empty because sockets there (docker's) can be
  // connected to through a read-only mount.
  std::vector<std::string> words{"bwrap",
                                 "--die-with-parent",
                                 "--new-session",
                                 "--unshare-net",
                                 "--unshare-pid",
                                 "--unshare-ipc",
                                 "--ro-bind",
                                 "/",
                                 "/",
                                 "--dev",
                                 "/dev",
                                 "--proc",
                                 "/proc",
                                 "--tmpfs",
                                 "/tmp",
                                 "--tmpfs",
                                 "/run"};
  for (const fs::path& folder : readable) {
    if (below(folder, "/tmp") || below(folder, "/run")) add(words, {"--ro-bind", folder.string(), folder.string()});
  }
  for (const fs::path& folder : writable) add(words, {"--bind", folder.string(), folder.string()});
  for (const fs::path& path : well_known_keys()) hide(words, path);
  for (const fs::path& path : hidden) hide(words, path);
  for (const std::string& name : own_variables()) {
    if (is_secret_variable(name)) add(words, {"--unsetenv", name});
  }
  words.emplace_back("--");
  return words;
}

Sandbox find_sandbox() {
  if (find_program("bwrap").empty()) {
    return {false, "none: bubblewrap (bwrap) is not installed"};
  }
  std::vector<std::string> trial = sandbox_words({}, {});
  trial.emplace_back("true");
  const auto tried = run_command(trial, std::chrono::seconds(10));
  if (!tried) return {false, "none: bubblewrap does not work here: " + tried.error().sentence};
  if (tried->status != 0) {
    const std::string first_line = tried->errors.substr(0, tried->errors.find('\n'));
    return {false, "none: bubblewrap does not work here: " + first_line};
  }
  const auto version = run_command({"bwrap", "--version"}, std::chrono::seconds(10));
  std::string name = version ? version->output.substr(0, version->output.find('\n')) : "bubblewrap";
  return {true, name + ": no network, read-only view, private /tmp"};
}

}  // namespace portwright::workspace
