// compare() on two mapped files, for bench/compare-numpy, which gives the same files to numpy.
// Arguments: f32, bf16 or f16; rows; columns; the two files of raw elements; repetitions. Prints one JSON object.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "compare/metrics.hpp"

namespace {

using portwright::compare::Dtype;
using portwright::compare::View;

Dtype dtype_of(std::string_view name) {
  if (name == "bf16") return Dtype::bf16;
  return name == "f16" ? Dtype::f16 : Dtype::f32;
}

const void* map(const char* file, std::size_t size) {
  const int descriptor = ::open(file, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || ::lseek(descriptor, 0, SEEK_END) != static_cast<off_t>(size)) return nullptr;
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  return mapped == MAP_FAILED ? nullptr : mapped;
}

}  // namespace

int main(int argument_count, char** argument_values) {
  const std::span arguments(argument_values, static_cast<std::size_t>(argument_count));
  if (arguments.size() != 7) {
    fmt::print(stderr, "arguments: f32|bf16|f16 ROWS COLUMNS GOT WANT REPETITIONS\n");
    return 2;
  }
  View got{dtype_of(arguments[1]), nullptr, std::stoul(arguments[2]), std::stoul(arguments[3])};
  View want = got;
  const std::size_t size = got.rows * got.columns * portwright::compare::size_of(got.dtype);
  got.data = map(arguments[4], size);
  want.data = map(arguments[5], size);
  if (got.data == nullptr || want.data == nullptr) {
    fmt::print(stderr, "a file cannot be read or is not of {} bytes\n", size);
    return 2;
  }
  double fastest = std::numeric_limits<double>::infinity();
  portwright::compare::Comparison result;
  for (int repetition = std::stoi(arguments[6]); repetition > 0; --repetition) {
    const auto start = std::chrono::steady_clock::now();
    result = portwright::compare::compare(got, want);
    fastest = std::min(fastest, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  fmt::print(R"({{"seconds": {}, "error_squared": {}, "want_squared": {}, "dot": {}, "max_error": {}, )"
             R"("max_error_at": {}, "sum_error": {}, "not_finite": {}, "target": "{}"}})"
             "\n",
             fastest, result.all.error_squared, result.all.want_squared, result.all.dot, result.all.max_error,
             result.all.max_error_at, result.all.sum_error, result.all.not_finite,
             portwright::compare::kernel_target());
}
