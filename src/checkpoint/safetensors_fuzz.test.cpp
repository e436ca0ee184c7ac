// The header's reader against thousands of files with random damage: it must refuse or accept, never crash, never read
// outside, and what it accepts must lie inside the file.
#include <doctest/doctest.h>

#include <fstream>
#include <random>
#include <string>

#include "base/temporary_folder.hpp"
#include "checkpoint/safetensors.hpp"
#include "checkpoint/written_tensors.hpp"

using namespace portwright::checkpoint;

namespace {

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}

  std::string apply(std::string bytes) {
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) bytes = change(std::move(bytes));
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(random_() % bound); }

  std::string change(std::string bytes) {
    const std::size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:  // one bit
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:  // one byte of the header's length
        if (bytes.size() > 8) bytes[below(8)] = static_cast<char>(random_());
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(20)));
        break;
      case 4:
        bytes.erase(at, below(20));
        break;
      default: {  // a digit, where most of the meaning is
        const std::size_t digit = bytes.find_first_of("0123456789", at);
        if (digit != std::string::npos) bytes[digit] = "0123456789-.e"[below(13)];
      }
    }
    return bytes;
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("the header's reader survives damage") {
  const portwright::TemporaryFolder folder;
  const auto file = folder.path() / "f.safetensors";
  Damage damage(20261123);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::string bytes = damage.apply(small_file());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    CAPTURE(round);
    const auto tensors = read_safetensors_header(file);
    if (!tensors) {
      ++refused;
      REQUIRE_FALSE(tensors.error().sentence.empty());
      continue;
    }
    ++accepted;
    for (const TensorInfo& tensor : *tensors) {
      REQUIRE(tensor.begin <= tensor.end);
      REQUIRE(tensor.end <= bytes.size());
    }
  }
  // Both happen, or the damage tests nothing.
  CHECK(accepted > 100);
  CHECK(refused > 1000);
}
