#include "workspace/git.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/temporary_folder.hpp"
#include "base/testing.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;
using testing::says;

struct Repository {
  TemporaryFolder parent;
  fs::path folder = parent.path() / "upstream";
  fs::path clone = parent.path() / "clone";

  Repository() {
    REQUIRE(write_file(folder / "a.py", "1\n"));
    does({"init", "--quiet", "--initial-branch=main"});
    commit();
  }
  void does(std::vector<std::string> words) const {
    words.insert(words.begin(), {"git", "-C", folder.string(), "-c", "user.name=A", "-c", "user.email=a@example.org"});
    const auto done = run_command(words, std::chrono::seconds(30));
    REQUIRE(done);
    REQUIRE(done->status == 0);
  }
  void commit() const {
    does({"add", "."});
    does({"commit", "--quiet", "-m", "one"});
  }
  [[nodiscard]] std::string head() const { return checkout_state(folder).commit; }
};

TEST_CASE("a clone is at what was asked, and follows") {
  const Repository upstream;
  const std::string first = upstream.head();
  REQUIRE(write_file(upstream.folder / "a.py", "2\n"));
  upstream.commit();
  REQUIRE(check_out(upstream.clone, upstream.folder.string(), first));
  CHECK(checkout_state(upstream.clone) == CheckoutState{first, false});
  REQUIRE(write_file(upstream.folder / "a.py", "3\n"));
  upstream.commit();
  REQUIRE(check_out(upstream.clone, upstream.folder.string(), "main"));
  CHECK(checkout_state(upstream.clone).commit == upstream.head());
  const Status none = check_out(upstream.clone, upstream.folder.string(), "other");
  REQUIRE_FALSE(none);
  CHECK(says(none.error().sentence, "has no branch, tag or commit 'other'"));
}

TEST_CASE("changes and another repository's checkout are left alone") {
  const Repository upstream;
  REQUIRE(check_out(upstream.clone, upstream.folder.string(), "main"));
  REQUIRE(write_file(upstream.clone / "a.py", "mine\n"));
  CHECK(checkout_state(upstream.clone).dirty);
  CHECK(says(check_out(upstream.clone, upstream.folder.string(), "main").error().sentence, "in no commit"));
  CHECK(read_file(upstream.clone / "a.py").value() == "mine\n");
  CHECK(says(check_out(upstream.clone, "/elsewhere", "main").error().sentence, "of another repository"));
}

TEST_CASE("an address is told without a name and password") {
  const Repository upstream;
  const auto origin_of = [&](const std::string& url) {
    upstream.does({"config", "remote.origin.url", url});
    return checkout_origin(upstream.folder);
  };
  CHECK(origin_of("https://me:secret@example.org/a.git") == "https://example.org/a.git");
  CHECK(origin_of("https://example.org/a@b.git") == "https://example.org/a@b.git");
  CHECK(origin_of("git@example.org:a/b.git") == "git@example.org:a/b.git");
}

TEST_CASE("what is no checkout or no repository") {
  const TemporaryFolder folder;
  CHECK(checkout_state(folder.path()).commit.empty());
  CHECK(checkout_origin(folder.path()).empty());
  const Status failed = check_out(folder.path() / "clone", (folder.path() / "nowhere").string(), "");
  REQUIRE_FALSE(failed);
  CHECK(says(failed.error().sentence, "git could not clone"));
  CHECK(says(failed.error().detail, "nowhere"));
}

}  // namespace
}  // namespace portwright::workspace
