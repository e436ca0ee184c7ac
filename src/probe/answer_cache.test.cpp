#include "probe/answer_cache.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "probe/exchange.hpp"

namespace portwright::probe {
namespace {

namespace fs = std::filesystem;

struct Scratch {
  ExchangeFolder folder = ExchangeFolder::make(1).value();
  fs::path cache = folder.path() / "cache";

  [[nodiscard]] fs::path file(const std::string& name, std::size_t bytes) const {
    REQUIRE(write_file(folder.path() / name, std::string(bytes, name.front())));
    return folder.path() / name;
  }
  [[nodiscard]] std::size_t entries() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(cache)) ++count;
    return count;
  }
  void age(const std::string& key, int hours) const {
    fs::last_write_time(cache / key, fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }
};

const std::string first = xxh128_hex("first");
const std::string second = xxh128_hex("second");
const std::string third = xxh128_hex("third");

TEST_CASE("what is stored is found, by a later run too, after its source is gone") {
  const Scratch scratch;
  const auto a = scratch.file("a", 100);
  const auto b = scratch.file("b", 50);
  CHECK_FALSE(AnswerCache(scratch.cache, 10000).find(first));
  REQUIRE(AnswerCache(scratch.cache, 10000).store(first, {{"logits", "f32"}}, {a, b}));
  fs::remove(a);
  fs::remove(b);
  AnswerCache cache(scratch.cache, 10000);
  const auto found = cache.find(first);
  REQUIRE(found);
  CHECK(found->ok["logits"] == "f32");
  REQUIRE(found->files.size() == 2);
  CHECK(read_file(found->files[0]).value() == std::string(100, 'a'));
  CHECK(read_file(found->files[1]).value() == std::string(50, 'b'));
  CHECK_FALSE(cache.find(second));
  CHECK(scratch.entries() == 1);
}

TEST_CASE("a damaged entry is no answer and is removed") {
  const Scratch scratch;
  AnswerCache cache(scratch.cache, 10000);
  const auto damage = [&](const std::string& name, auto how) {
    CAPTURE(name);
    REQUIRE(cache.store(first, Json::object(), {scratch.file("a", 100)}));
    how(scratch.cache / first / name);
    CHECK_FALSE(cache.find(first));
    CHECK(scratch.entries() == 0);
  };
  damage("000000.safetensors", [](const fs::path& file) { fs::resize_file(file, 99); });
  damage("000000.safetensors", [](const fs::path& file) { fs::remove(file); });
  damage("000000.safetensors", [](const fs::path& file) {
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).write("?", 1);
  });
  damage("answer.json", [](const fs::path& file) { std::ofstream(file) << "{\"ok\": {"; });
  damage("answer.json", [](const fs::path& file) { std::ofstream(file) << "[]"; });
  damage("answer.json", [](const fs::path& file) { std::ofstream(file) << R"({"ok": {}, "files": [3]})"; });
  damage("answer.json", [](const fs::path& file) { std::ofstream(file) << R"({"ok": {}, "files": 3})"; });
  damage("answer.json", [](const fs::path& file) { fs::remove(file); });
}

TEST_CASE("what was unused for longest goes first") {
  const Scratch scratch;
  {
    AnswerCache earlier(scratch.cache, 2500);
    REQUIRE(earlier.store(first, Json::object(), {scratch.file("a", 1000)}));
    REQUIRE(earlier.store(second, Json::object(), {scratch.file("b", 1000)}));
  }
  scratch.age(first, 5);
  scratch.age(second, 3);
  AnswerCache later(scratch.cache, 2500);
  REQUIRE(later.find(first));  // used now: the second one is older
  REQUIRE(later.store(third, Json::object(), {scratch.file("c", 1000)}));
  CHECK(later.find(first).has_value());
  CHECK(later.find(third).has_value());
  CHECK_FALSE(later.find(second));
}

TEST_CASE("what this run used is not evicted by this run") {
  const Scratch scratch;
  AnswerCache cache(scratch.cache, 1500);
  REQUIRE(cache.store(first, Json::object(), {scratch.file("a", 1000)}));
  scratch.age(first, 5);
  REQUIRE(cache.store(second, Json::object(), {scratch.file("b", 1000)}));
  CHECK(cache.find(first).has_value());
}

TEST_CASE("an answer larger than the cache is left out and evicts nothing") {
  const Scratch scratch;
  REQUIRE(AnswerCache(scratch.cache, 1500).store(first, Json::object(), {scratch.file("a", 1000)}));
  AnswerCache cache(scratch.cache, 1500);
  REQUIRE(cache.store(second, Json::object(), {scratch.file("b", 2000)}));
  CHECK_FALSE(cache.find(second));
  CHECK(cache.find(first).has_value());
}

TEST_CASE("storing again replaces") {
  const Scratch scratch;
  AnswerCache cache(scratch.cache, 10000);
  REQUIRE(cache.store(first, {{"n", 1}}, {scratch.file("a", 10)}));
  REQUIRE(cache.store(first, {{"n", 2}}, {}));
  CHECK(cache.find(first)->ok["n"] == 2);
  CHECK(cache.find(first)->files.empty());
  CHECK(scratch.entries() == 1);
}

TEST_CASE("what a killed run left half made is removed after an hour, not before") {
  const Scratch scratch;
  fs::create_directories(scratch.cache / ".unfinished-old");
  fs::create_directories(scratch.cache / ".unfinished-new");
  scratch.age(".unfinished-old", 2);
  AnswerCache cache(scratch.cache, 10000);
  REQUIRE(cache.store(first, Json::object(), {}));
  CHECK_FALSE(fs::exists(scratch.cache / ".unfinished-old"));
  CHECK(fs::exists(scratch.cache / ".unfinished-new"));
}

TEST_CASE("a missing source and a folder that cannot be written are errors and leave nothing") {
  const Scratch scratch;
  AnswerCache cache(scratch.cache, 10000);
  CHECK_FALSE(cache.store(first, Json::object(), {scratch.folder.path() / "missing"}));
  CHECK_FALSE(cache.find(first));
  REQUIRE(write_file(scratch.folder.path() / "plain", "x"));
  CHECK_FALSE(AnswerCache(scratch.folder.path() / "plain" / "cache", 10000).store(first, Json::object(), {}));
}

}  // namespace
}  // namespace portwright::probe
