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

struct CacheScratch {
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

const std::string first_key = xxh128_hex("first");
const std::string second_key = xxh128_hex("second");
const std::string third_key = xxh128_hex("third");

TEST_CASE("what is stored is found, by a later run too, after its source is gone") {
  const CacheScratch scratch;
  const auto a = scratch.file("a", 100);
  const auto b = scratch.file("b", 50);
  CHECK_FALSE(AnswerCache(scratch.cache, 10000).find(first_key));
  REQUIRE(AnswerCache(scratch.cache, 10000).store(first_key, {{"logits", "f32"}}, {a, b}));
  fs::remove(a);
  fs::remove(b);
  AnswerCache cache(scratch.cache, 10000);
  const auto found = cache.find(first_key);
  REQUIRE(found);
  CHECK(found->ok["logits"] == "f32");
  REQUIRE(found->files.size() == 2);
  CHECK(read_file(found->files[0]).value() == std::string(100, 'a'));
  CHECK(read_file(found->files[1]).value() == std::string(50, 'b'));
  CHECK_FALSE(cache.find(second_key));
  CHECK(scratch.entries() == 1);
}

TEST_CASE("a damaged entry is no answer and is removed") {
  const CacheScratch scratch;
  AnswerCache cache(scratch.cache, 10000);
  const auto damage = [&](const std::string& name, auto how) {
    CAPTURE(name);
    REQUIRE(cache.store(first_key, Json::object(), {scratch.file("a", 100)}));
    how(scratch.cache / first_key / name);
    CHECK_FALSE(cache.find(first_key));
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
  const CacheScratch scratch;
  {
    AnswerCache earlier(scratch.cache, 2500);
    REQUIRE(earlier.store(first_key, Json::object(), {scratch.file("a", 1000)}));
    REQUIRE(earlier.store(second_key, Json::object(), {scratch.file("b", 1000)}));
  }
  scratch.age(first_key, 5);
  scratch.age(second_key, 3);
  AnswerCache later(scratch.cache, 2500);
  REQUIRE(later.find(first_key));  // used now: the second_key one is older
  REQUIRE(later.store(third_key, Json::object(), {scratch.file("c", 1000)}));
  CHECK(later.find(first_key).has_value());
  CHECK(later.find(third_key).has_value());
  CHECK_FALSE(later.find(second_key));
}

TEST_CASE("what this run used is not evicted by this run") {
  const CacheScratch scratch;
  AnswerCache cache(scratch.cache, 1500);
  REQUIRE(cache.store(first_key, Json::object(), {scratch.file("a", 1000)}));
  scratch.age(first_key, 5);
  REQUIRE(cache.store(second_key, Json::object(), {scratch.file("b", 1000)}));
  CHECK(cache.find(first_key).has_value());
}

TEST_CASE("an answer larger than the cache is left out and evicts nothing") {
  const CacheScratch scratch;
  REQUIRE(AnswerCache(scratch.cache, 1500).store(first_key, Json::object(), {scratch.file("a", 1000)}));
  AnswerCache cache(scratch.cache, 1500);
  REQUIRE(cache.store(second_key, Json::object(), {scratch.file("b", 2000)}));
  CHECK_FALSE(cache.find(second_key));
  CHECK(cache.find(first_key).has_value());
}

TEST_CASE("storing again replaces") {
  const CacheScratch scratch;
  AnswerCache cache(scratch.cache, 10000);
  REQUIRE(cache.store(first_key, {{"n", 1}}, {scratch.file("a", 10)}));
  REQUIRE(cache.store(first_key, {{"n", 2}}, {}));
  CHECK(cache.find(first_key)->ok["n"] == 2);
  CHECK(cache.find(first_key)->files.empty());
  CHECK(scratch.entries() == 1);
}

TEST_CASE("what a killed run left half made is removed after an hour, not before") {
  const CacheScratch scratch;
  fs::create_directories(scratch.cache / ".unfinished-old");
  fs::create_directories(scratch.cache / ".unfinished-new");
  scratch.age(".unfinished-old", 2);
  AnswerCache cache(scratch.cache, 10000);
  REQUIRE(cache.store(first_key, Json::object(), {}));
  CHECK_FALSE(fs::exists(scratch.cache / ".unfinished-old"));
  CHECK(fs::exists(scratch.cache / ".unfinished-new"));
}

TEST_CASE("a missing source and a folder that cannot be written are errors and leave nothing") {
  const CacheScratch scratch;
  AnswerCache cache(scratch.cache, 10000);
  CHECK_FALSE(cache.store(first_key, Json::object(), {scratch.folder.path() / "missing"}));
  CHECK_FALSE(cache.find(first_key));
  REQUIRE(write_file(scratch.folder.path() / "plain", "x"));
  CHECK_FALSE(AnswerCache(scratch.folder.path() / "plain" / "cache", 10000).store(first_key, Json::object(), {}));
}

}  // namespace
}  // namespace portwright::probe
