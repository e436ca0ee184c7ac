// Throughput of compare() beside a copy of the same bytes by as many threads, in turn within each iteration, so that a
// busy machine slows both alike. `share` is what counts: bytes compared a second over bytes copied a second, as
// medians.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "compare/kernels.hpp"
#include "compare/parallel.hpp"

namespace portwright::compare {
namespace {

constexpr std::size_t rows = 512;
constexpr std::size_t columns = 32768;  // 64 MiB a tensor in float32: larger than any cache

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Bytes that mean small finite numbers in every dtype.
std::vector<char> plausible_bytes(std::size_t size) {
  std::vector<char> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i % 2 == 0 ? (i * 2654435761U) >> 13U : 0x3CU);
  return bytes;
}

void copy(const std::vector<char>& from, std::vector<char>& to, std::size_t threads) {
  constexpr std::size_t block = std::size_t{1} << 18U;
  for_each_block((from.size() + block - 1) / block, threads, [&](std::size_t, std::size_t index) {
    const std::size_t begin = index * block;
    std::memcpy(to.data() + begin, from.data() + begin, std::min(block, from.size() - begin));
  });
}

void compare_beside_copy(benchmark::State& state, Dtype dtype) {
  const auto threads = static_cast<std::size_t>(state.range(0));
  const std::size_t tensor_bytes = rows * columns * size_of(dtype);
  const std::vector<char> both = plausible_bytes(2 * tensor_bytes);
  std::vector<char> target(both.size());
  const View got{dtype, both.data(), rows, columns};
  const View want{dtype, both.data() + tensor_bytes, rows, columns};
  const Kernels& kernels = *available_kernels().back();

  double compared = std::numeric_limits<double>::infinity();
  double copied = std::numeric_limits<double>::infinity();
  for (auto iteration : state) {
    static_cast<void>(iteration);
    const double copying = seconds_of([&] {
      copy(both, target, threads);
      benchmark::ClobberMemory();
    });
    const double comparing = seconds_of([&] { benchmark::DoNotOptimize(compare_with(kernels, threads, got, want)); });
    state.SetIterationTime(comparing);
    copied = std::min(copied, copying);
    compared = std::min(compared, comparing);
  }
  const auto gigabytes = static_cast<double>(both.size()) * 1e-9;
  state.counters["compare_GB/s"] = gigabytes / compared;
  state.counters["copy_GB/s"] = gigabytes / copied;
  state.counters["share"] = copied / compared;
  state.SetLabel(std::string(kernels.target));
}

// The logits of a prompt: 160 rows of SmolLM2's vocabulary in float32.
void logits(benchmark::State& state) {
  const std::vector<char> bytes = plausible_bytes(2 * 160 * 49152 * size_of(Dtype::f32));
  const View got{Dtype::f32, bytes.data(), 160, 49152};
  const View want{Dtype::f32, bytes.data() + bytes.size() / 2, 160, 49152};
  for (auto iteration : state) {
    static_cast<void>(iteration);
    benchmark::DoNotOptimize(
        compare_logits_with(*available_kernels().back(), static_cast<std::size_t>(state.range(0)), got, want));
  }
  state.SetLabel(std::string(kernel_target()));
}

BENCHMARK_CAPTURE(compare_beside_copy, f32, Dtype::f32)->Arg(1)->Arg(2)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare_beside_copy, bf16, Dtype::bf16)
    ->Arg(1)
    ->Arg(2)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare_beside_copy, f16, Dtype::f16)->Arg(1)->Arg(2)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(logits)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace portwright::compare

BENCHMARK_MAIN();
