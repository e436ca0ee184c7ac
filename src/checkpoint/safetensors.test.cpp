#include "checkpoint/safetensors.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"
#include "checkpoint/written_tensors.hpp"

using namespace portwright::checkpoint;
using portwright::Json;
using portwright::TemporaryFolder;
using portwright::testing::says;

namespace {

// What is said of a file with these bytes; empty where it is accepted.
std::string complaint(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto tensors = read_safetensors_header(folder.write("file.safetensors", bytes));
  if (tensors) return "";
  CHECK(tensors.error().fault == portwright::Fault::input);
  CHECK(tensors.error().sentence.find("file.safetensors") != std::string::npos);
  return tensors.error().sentence;
}

std::string header_complaint(const Json& header, std::size_t data_bytes = 20) {
  return complaint(file_bytes(header.dump(), std::string(data_bytes, 'x')));
}

}  // namespace

TEST_CASE("a whole file gives its tensors by name") {
  const TemporaryFolder folder;
  Json header{{"__metadata__", {{"format", "pt"}}}};
  header["z"] = entry("F32", {2}, 0, 8);
  header["a"] = entry("BF16", {2, 3}, 8, 20);
  header["empty"] = entry("F32", {0, 5}, 20, 20);
  header["scalar"] = entry("F64", Json::array(), 20, 28);
  header["packed"] = entry("F4", {4}, 28, 30);
  const auto tensors =
      read_safetensors_header(folder.write("f.safetensors", file_bytes(header.dump() + "   ", std::string(30, 'x'))));
  REQUIRE(tensors);
  REQUIRE(tensors->size() == 5);
  CHECK(tensors->front().name == "a");
  CHECK(tensors->front().dtype == "BF16");
  CHECK(tensors->front().shape == std::vector<std::uint64_t>{2, 3});
  CHECK(tensors->front().begin == 8);
  CHECK(tensors->front().end == 20);
  CHECK(tensors->back().name == "z");
}

TEST_CASE("a file that is cut off anywhere is refused") {
  const std::string whole = small_file();
  CHECK(complaint(whole).empty());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(says(complaint(whole.substr(0, size)), "truncated"));
  }
}

TEST_CASE("a header's size is checked before anything is read") {
  const std::string rest(100, ' ');
  CHECK(says(complaint(std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF") + rest), "the format allows 100000000"));
  CHECK(says(complaint(std::string("\x01\xE1\xF5\x05\0\0\0\0", 8) + rest), "claims 100000001 bytes"));
  CHECK(says(complaint(std::string("\x65\0\0\0\0\0\0\0", 8) + rest), "claims 101 bytes and 100 follow"));
}

TEST_CASE("a header that is no JSON object is refused") {
  CHECK(says(complaint(file_bytes("{\"a\": }", "")), "(header):1:7: not valid JSON"));
  CHECK(says(complaint(file_bytes("[1, 2]", "")), "not a JSON object"));
  CHECK(says(complaint(file_bytes("", "")), "empty"));
  CHECK(says(complaint("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "git-lfs pointer"));
}

TEST_CASE("an entry must say a known dtype, a shape and a range that agree") {
  const auto with = [](const Json& b) {
    Json header = small_header();
    header["b"] = b;
    return header_complaint(header);
  };
  CHECK(with(entry("F32", {2}, 12, 20)).empty());
  CHECK(says(with(entry("F33", {2}, 12, 20)), "tensor 'b' has the unknown dtype 'F33'"));
  CHECK(says(with(entry("BF16", {2}, 12, 20)), "takes 4 bytes by its shape and dtype, and 8 by its data_offsets"));
  CHECK(says(with(entry("F32", {3}, 12, 20)), "takes 12 bytes"));
  CHECK(says(with(entry("F32", {2}, 20, 12)), "ends before it begins"));
  CHECK(says(with(entry("F32", {-2}, 12, 20)), "no shape of whole numbers"));
  CHECK(says(with(entry("F32", {2.0}, 12, 20)), "no shape of whole numbers"));
  CHECK(says(with(entry("F4", {17}, 12, 20)), "shape that no file can hold"));
  CHECK(says(with(entry("F32", {1ULL << 62U, 1ULL << 62U}, 12, 20)), "shape that no file can hold"));
  CHECK(says(with({{"dtype", "F32"}, {"shape", {2}}}), "no data_offsets"));
  CHECK(says(with({{"dtype", "F32"}, {"shape", {2}}, {"data_offsets", {12, 20, 28}}}), "no data_offsets"));
  CHECK(says(with({{"shape", {2}}, {"data_offsets", {12, 20}}}), "no dtype"));
  CHECK(says(with("F32"), "not described by an object"));
}

TEST_CASE("tensors fill the data without overlaps, holes and leftovers") {
  Json overlap = small_header();
  overlap["b"] = entry("F32", {2}, 8, 16);
  CHECK(says(header_complaint(overlap, 16), "tensor 'b' overlaps the one before it at byte 8"));
  Json hole = small_header();
  hole["b"] = entry("F32", {2}, 16, 24);
  CHECK(says(header_complaint(hole, 24), "bytes 12 to 16 before tensor 'b' belong to no tensor"));
  CHECK(says(header_complaint({{"a", entry("F32", {2}, 4, 12)}}, 12), "bytes 0 to 4 before tensor 'a'"));
  CHECK(says(header_complaint(small_header(), 21), "1 bytes after the last tensor"));
  CHECK(says(header_complaint(small_header(), 19), "truncated, its tensors take 20 bytes and 19 are there"));
  CHECK(header_complaint(Json::object(), 0).empty());
}

TEST_CASE("what is no file is refused") {
  const TemporaryFolder folder;
  CHECK_FALSE(read_safetensors_header(folder.path()));
  CHECK_FALSE(read_safetensors_header(folder.path() / "missing.safetensors"));
  CHECK_FALSE(read_safetensors_header("/dev/null"));
}

TEST_CASE("mapped tensors are the file's bytes, also at odd addresses and after the file is gone") {
  const TemporaryFolder folder;
  std::string header = small_header().dump();
  header += std::string(header.size() % 2 == 0 ? 1 : 2, ' ');
  const auto file = folder.write("f.safetensors", file_bytes(header, small_data()));
  auto opened = MappedTensors::open(file);
  REQUIRE(opened);
  const MappedTensors copy = *opened;
  opened = portwright::fail(portwright::Fault::internal, "dropped");
  std::filesystem::remove(file);

  REQUIRE(copy.tensors().size() == 2);
  const TensorInfo* b = copy.find("b");
  REQUIRE(b != nullptr);
  CHECK(copy.find("c") == nullptr);
  CHECK(reinterpret_cast<std::uintptr_t>(copy.data(*b)) % 2 == 1);
  CHECK(std::memcmp(copy.data(*b), "mnopqrst", 8) == 0);
  CHECK(std::memcmp(copy.data(*copy.find("a")), "abcdefghijkl", 12) == 0);
}

TEST_CASE("a broken file is not mapped") {
  const TemporaryFolder folder;
  CHECK_FALSE(MappedTensors::open(folder.write("f.safetensors", small_file().substr(0, 100))));
  CHECK_FALSE(MappedTensors::open(folder.path() / "missing"));
}
