#include "base/hash.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/temporary_folder.hpp"

using portwright::sha256_file;
using portwright::sha256_hex;
using portwright::TemporaryFolder;
using portwright::xxh128_files;
using portwright::xxh128_hex;

// The published test vectors of FIPS 180-2, and of XXH3-128 with seed 0.
TEST_CASE("hashes are the standard ones") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(xxh128_hex("") == "99aa06d3014798d86001c324468d497f");
}

TEST_CASE("a file has the hash of its bytes, also where it is longer than what is read at a time") {
  const TemporaryFolder folder;
  const std::string large(3'000'001, 'a');
  CHECK(sha256_file(folder.write("large", large)).value() == sha256_hex(large));
  CHECK(sha256_file(folder.write("empty", "")).value() == sha256_hex(""));
  CHECK_FALSE(sha256_file(folder.path() / "missing"));
  CHECK_FALSE(sha256_file(folder.path()));
}

TEST_CASE("the hash of several files depends on bytes, order and bounds") {
  const TemporaryFolder folder;
  const auto ab = folder.write("ab", "ab");
  const auto c = folder.write("c", "c");
  const auto a = folder.write("a", "a");
  const auto bc = folder.write("bc", "bc");
  const std::string hash = xxh128_files({ab, c}).value();
  CHECK(hash.size() == 32);
  CHECK(hash == xxh128_files({ab, c}).value());
  CHECK(hash != xxh128_files({a, bc}).value());
  CHECK(hash != xxh128_files({c, ab}).value());
  CHECK(hash != xxh128_files({ab}).value());
  CHECK_FALSE(xxh128_files({ab, folder.path() / "missing"}));
}
