#include "workspace/sandbox.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): POSIX's setenv
#include <unistd.h>

#include <chrono>
#include <string>

#include "base/child.hpp"
#include "base/files.hpp"
#include "base/pipe.hpp"
#include "base/process.hpp"
#include "base/temporary_folder.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

// Outside /tmp, which is empty inside.
struct Outside {
  TemporaryFolder folder{"/var/tmp"};
  fs::path path = folder.path();
};

// Where there is no sandbox, it says so, and each case below ends with this check instead of its own.
bool works() {
  const Sandbox sandbox = find_sandbox();
  if (!sandbox.available) CHECK(sandbox.description.starts_with("none: "));
  return sandbox.available;
}

int status_inside(const std::vector<std::string>& words, const std::vector<std::string>& command) {
  std::vector<std::string> all = words;
  all.insert(all.end(), command.begin(), command.end());
  const auto done = run_command(all, std::chrono::seconds(30));
  REQUIRE(done);
  return done->status;
}

int shell_inside(const std::vector<std::string>& words, const std::string& script) {
  return status_inside(words, {"sh", "-c", script});
}

TEST_CASE("the description names the program and what it keeps away") {
  if (!works()) return;
  CHECK(find_sandbox().description.starts_with("bubblewrap "));
  CHECK(find_sandbox().description.find("no network") != std::string::npos);
}

TEST_CASE("without bubblewrap the description says so") {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  const Sandbox sandbox = find_sandbox();
  ::setenv("PATH", path.c_str(), 1);
  CHECK_FALSE(sandbox.available);
  CHECK(sandbox.description == "none: bubblewrap (bwrap) is not installed");
}

TEST_CASE("writing succeeds in the named folders and nowhere else") {
  if (!works()) return;
  const Outside open;
  const Outside closed;
  const auto words = sandbox_words({open.path}, {});
  CHECK(shell_inside(words, "echo x > " + (open.path / "made").string()) == 0);
  CHECK(fs::exists(open.path / "made"));
  CHECK(shell_inside(words, "echo x > " + (closed.path / "made").string()) != 0);
  CHECK(shell_inside(words, "echo x > /etc/portwright-test") != 0);
  CHECK_FALSE(fs::exists("/etc/portwright-test"));
}

TEST_CASE("a folder in /dev/shm or /tmp can be shared, the rest of /tmp is private") {
  if (!works()) return;
  for (const char* parent : {"/dev/shm", "/tmp"}) {
    CAPTURE(parent);
    std::string name = std::string(parent) + "/sandbox-XXXXXX";
    const fs::path folder = ::mkdtemp(name.data());
    CHECK(shell_inside(sandbox_words({folder}, {}), "echo x > " + (folder / "made").string()) == 0);
    CHECK(fs::exists(folder / "made"));
    CHECK(shell_inside(sandbox_words({}, {}), "test -e " + folder.string()) != 0);
    CHECK(shell_inside(sandbox_words({}, {}, {folder}), "test -e " + (folder / "made").string()) ==
          (std::string(parent) == "/tmp" ? 0 : 1));
    CHECK(shell_inside(sandbox_words({}, {}, {folder}), "echo x > " + (folder / "other").string()) != 0);
    fs::remove_all(folder);
  }
  CHECK(shell_inside(sandbox_words({}, {}), "echo x > /tmp/portwright-private && cat /tmp/portwright-private") == 0);
  CHECK_FALSE(fs::exists("/tmp/portwright-private"));
}

TEST_CASE("keys are hidden, folders and single files, links too") {
  if (!works()) return;
  const Outside home;
  for (const char* file : {".ssh/id_ed25519", ".netrc", ".cache/huggingface/token", "elsewhere/key", "plain/read"}) {
    REQUIRE(write_file(home.path / file, "secret"));
  }
  fs::create_directory_symlink(home.path / "elsewhere", home.path / "link");
  const std::string before = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
  ::setenv("HOME", home.path.c_str(), 1);
  const auto words = sandbox_words({}, {home.path / "link", home.path / "missing"});
  ::setenv("HOME", before.c_str(), 1);
  const auto reads = [&](const char* file) {
    return shell_inside(words, "grep -q secret " + (home.path / file).string()) == 0;
  };
  CHECK(reads("plain/read"));
  CHECK_FALSE(reads(".ssh/id_ed25519"));
  CHECK_FALSE(reads(".netrc"));
  CHECK_FALSE(reads(".cache/huggingface/token"));
  CHECK_FALSE(reads("elsewhere/key"));
}

TEST_CASE("variables with secrets are removed, others stay") {
  for (const char* name : {"HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "PGPASSWORD", "github_token",
                           "TOKEN_FILE", "SSH_AUTH_SOCK"}) {
    CHECK_MESSAGE(is_secret_variable(name), name);
  }
  for (const char* name : {"TOKENIZERS_PARALLELISM", "PATH", "HOME", "HF_HOME", "KEYBOARD", "COMPASS_X", ""}) {
    CHECK_MESSAGE(!is_secret_variable(name), name);
  }
  if (!works()) return;
  ::setenv("PORTWRIGHT_TEST_TOKEN", "secret", 1);
  ::setenv("PORTWRIGHT_TEST_PLAIN", "plain", 1);
  const auto words = sandbox_words({}, {});
  CHECK(shell_inside(words, "test -z \"$PORTWRIGHT_TEST_TOKEN\" && test -n \"$PORTWRIGHT_TEST_PLAIN\"") == 0);
  ::unsetenv("PORTWRIGHT_TEST_TOKEN");
  ::unsetenv("PORTWRIGHT_TEST_PLAIN");
}

TEST_CASE("there is no network, not even to this machine") {
  if (!works()) return;
  const char* server =
      "import socket, subprocess, sys\n"
      "listening = socket.create_server(('127.0.0.1', 0))\n"
      "client = 'import socket; socket.create_connection((\"127.0.0.1\", %d), 2)'\n"
      "command = [sys.executable, '-c', client % listening.getsockname()[1]]\n"
      "outside = subprocess.run(command, stderr=-3).returncode\n"
      "inside = subprocess.run(sys.argv[1:] + command, stderr=-3).returncode\n"
      "sys.exit(0 if outside == 0 and inside != 0 else 1)\n";
  std::vector<std::string> command{"python3", "-c", server};
  const auto words = sandbox_words({}, {});
  command.insert(command.end(), words.begin(), words.end());
  CHECK(status_inside({}, command) == 0);
}

TEST_CASE("pipes pass, and the end of bwrap is the end of all inside") {
  if (!works()) return;
  auto pipe = make_pipe();
  REQUIRE(pipe);
  auto words = sandbox_words({}, {});
  const std::string number = std::to_string(pipe->write.number());
  for (const std::string& word :
       {std::string("bash"), std::string("-c"), "setsid sleep 600 & echo ready >&" + number + "; sleep 600"}) {
    words.push_back(word);
  }
  auto child = Child::start(
      {.command = words, .environment = {}, .input = -1, .output = -1, .errors = -1, .kept = {pipe->write.number()}});
  REQUIRE(child);
  pipe->write.close();
  std::string text(6, ' ');
  REQUIRE(::read(pipe->read.number(), text.data(), text.size()) == 6);
  CHECK(text == "ready\n");
  child->kill();
  // The pipe ends when the last process that holds it is gone.
  char byte = 0;
  CHECK(::read(pipe->read.number(), &byte, 1) == 0);
}

TEST_CASE("the status of what ran inside comes out") {
  if (!works()) return;
  CHECK(shell_inside(sandbox_words({}, {}), "exit 7") == 7);
  CHECK(shell_inside(sandbox_words({}, {}), "kill -SEGV $$") == 139);
}

}  // namespace
}  // namespace portwright::workspace
