// The kernels in Highway's vectors. foreach_target.h compiles this file again for each instruction set, each in a
// namespace of its own with the compiler's target attribute, so that no code of one set reaches a function that is
// shared. Only Highway's headers are used: its library, which chooses a target at run time, is not in every static
// toolchain, and the choice is two lines here (available_kernels).
#define HWY_IS_DEBUG_BUILD 0  // its assertions call into that library
// Without AVX2 the scalar kernels are as good; AVX-512 gains nothing on loops that wait for memory.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compare/vector_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which sets what these are compiled for.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cstring>
#include <limits>

#include "compare/kernels.hpp"

#if HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR

HWY_BEFORE_NAMESPACE();
namespace portwright::compare::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

using Doubles = hn::ScalableTag<double>;
using Floats = hn::Repartition<float, Doubles>;  // of a whole vector
using HalfFloats = hn::Rebind<float, Doubles>;   // as many lanes as Doubles
using Vector = hn::Vec<Doubles>;

constexpr std::size_t lanes = hn::MaxLanes(Doubles());
constexpr std::size_t step = 2 * lanes;  // elements taken at a time: one vector of floats, two of doubles

struct Pair {
  Vector low;
  Vector high;
};

HWY_INLINE Pair widened(hn::Vec<Floats> floats) {
  const Doubles d;
  const HalfFloats half;
  return {hn::PromoteTo(d, hn::LowerHalf(half, floats)), hn::PromoteTo(d, hn::UpperHalf(half, floats))};
}

HWY_INLINE Pair load(const double* from) {
  const Doubles d;
  return {hn::LoadU(d, from), hn::LoadU(d, from + lanes)};
}

HWY_INLINE Pair load(const float* from) {
  const Doubles d;
  const HalfFloats half;
  return {hn::PromoteTo(d, hn::LoadU(half, from)), hn::PromoteTo(d, hn::LoadU(half, from + lanes))};
}

// bfloat16 and float16.
template <class Narrow>
HWY_INLINE Pair load(const Narrow* from) {
  const Floats floats;
  const hn::Rebind<Narrow, Floats> narrow;
  return widened(hn::PromoteTo(floats, hn::LoadU(narrow, from)));
}

// No member initialisers: the compiler would make them functions without the target attribute.
struct Accumulators {
  Vector error_squared;
  Vector want_squared;
  Vector got_squared;
  Vector dot;
  Vector sum_error;
  Vector max_error;
  Vector max_want;

  HWY_INLINE void add(Vector got, Vector want) {
    const Vector error = hn::Sub(got, want);
    error_squared = hn::MulAdd(error, error, error_squared);
    want_squared = hn::MulAdd(want, want, want_squared);
    got_squared = hn::MulAdd(got, got, got_squared);
    dot = hn::MulAdd(got, want, dot);
    sum_error = hn::Add(sum_error, error);
    max_error = hn::Max(max_error, hn::Abs(error));
    max_want = hn::Max(max_want, hn::Abs(want));
  }
};

HWY_INLINE double sum_of(Vector vector) { return hn::GetLane(hn::SumOfLanes(Doubles(), vector)); }
HWY_INLINE double max_of(Vector vector) { return hn::GetLane(hn::MaxOfLanes(Doubles(), vector)); }

// The last elements, fewer than a step. Elements of a safetensors file may lie at any address.
template <class Element>
HWY_INLINE void copy_rest(Element* to, const void* from, std::size_t index, std::size_t count) {
  std::memcpy(to, static_cast<const char*>(from) + index * sizeof(Element), (count - index) * sizeof(Element));
}

template <class Got, class Want>
Sums sum_piece(const void* got, const void* want, std::size_t count) {
  const Got* g = static_cast<const Got*>(got);
  const Want* w = static_cast<const Want*>(want);
  const Vector zero = hn::Zero(Doubles());
  Accumulators sums{zero, zero, zero, zero, zero, zero, zero};
  const auto add = [&sums](const Got* got_at, const Want* want_at) HWY_ATTR {
    const Pair one = load(got_at);
    const Pair other = load(want_at);
    sums.add(one.low, other.low);
    sums.add(one.high, other.high);
  };
  std::size_t i = 0;
  for (; i + step <= count; i += step) add(g + i, w + i);
  if (i < count) {
    // Zeros on both sides change no sum and no maximum.
    Got got_tail[step] = {};
    Want want_tail[step] = {};
    copy_rest(got_tail, got, i, count);
    copy_rest(want_tail, want, i, count);
    add(got_tail, want_tail);
  }
  Sums result;
  result.error_squared = sum_of(sums.error_squared);
  result.want_squared = sum_of(sums.want_squared);
  result.got_squared = sum_of(sums.got_squared);
  result.dot = sum_of(sums.dot);
  result.sum_error = sum_of(sums.sum_error);
  result.max_error = max_of(sums.max_error);
  result.max_want = max_of(sums.max_want);
  return result;
}

template <class Element>
void widen(const void* from, std::size_t count, double* to) {
  const Doubles d;
  const Element* elements = static_cast<const Element*>(from);
  const auto store = [&d](const Element* at, double* place) HWY_ATTR {
    const Pair pair = load(at);
    hn::StoreU(pair.low, d, place);
    hn::StoreU(pair.high, d, place + lanes);
  };
  std::size_t i = 0;
  for (; i + step <= count; i += step) store(elements + i, to + i);
  if (i < count) {
    Element tail[step] = {};
    double wide[step];
    copy_rest(tail, from, i, count);
    store(tail, wide);
    std::memcpy(to + i, wide, (count - i) * sizeof(double));
  }
}

TopTwo top_two(const double* values, std::size_t count) {
  const Doubles d;
  const Vector lowest = hn::Set(d, -std::numeric_limits<double>::infinity());
  Vector best = lowest;
  Vector second = lowest;
  Vector not_a_number = hn::Zero(d);
  const auto add = [&](Vector raw) HWY_ATTR {
    const auto is_number = hn::Eq(raw, raw);
    not_a_number = hn::Or(not_a_number, hn::IfThenZeroElse(is_number, hn::Set(d, 1.0)));
    const Vector value = hn::IfThenElse(is_number, raw, lowest);
    second = hn::Max(second, hn::Min(best, value));
    best = hn::Max(best, value);
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) add(hn::LoadU(d, values + i));

  double left[3 * lanes];
  const std::size_t left_count = count - i;
  if (left_count > 0) std::memcpy(left, values + i, left_count * sizeof(double));
  hn::StoreU(best, d, left + left_count);
  hn::StoreU(second, d, left + left_count + lanes);
  TopTwo top = scalar_kernels.top_two(left, left_count + 2 * lanes);
  top.has_nan = top.has_nan || max_of(not_a_number) > 0;
  return top;
}

Partition partition(const double* got, double got_max, const double* want, double want_max, std::size_t count) {
  const Doubles d;
  Vector got_sum = hn::Zero(d);
  Vector want_sum = hn::Zero(d);
  Vector weighted = hn::Zero(d);
  const auto add = [&](const double* got_at, const double* want_at) HWY_ATTR {
    const Vector g = hn::Sub(hn::LoadU(d, got_at), hn::Set(d, got_max));
    const Vector w = hn::Sub(hn::LoadU(d, want_at), hn::Set(d, want_max));
    const Vector weight = hn::Exp(d, w);
    got_sum = hn::Add(got_sum, hn::Exp(d, g));
    want_sum = hn::Add(want_sum, weight);
    const auto counts = hn::Gt(weight, hn::Zero(d));
    weighted = hn::Add(weighted, hn::IfThenElseZero(counts, hn::Mul(weight, hn::Sub(w, g))));
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) add(got + i, want + i);
  if (i < count) {
    double got_tail[lanes];
    double want_tail[lanes];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const bool is_there = i + lane < count;
      got_tail[lane] = is_there ? got[i + lane] : -std::numeric_limits<double>::infinity();
      want_tail[lane] = is_there ? want[i + lane] : -std::numeric_limits<double>::infinity();
    }
    add(got_tail, want_tail);
  }
  return {sum_of(got_sum), sum_of(want_sum), sum_of(weighted)};
}

using bf16 = hwy::bfloat16_t;
using f16 = hwy::float16_t;

}  // namespace

extern const Kernels kernels;
constinit const Kernels kernels{
    std::string_view(HWY_STR(HWY_NAMESPACE)).substr(2),  // "N_AVX2"
    {{{sum_piece<double, double>, sum_piece<double, float>, sum_piece<double, bf16>, sum_piece<double, f16>},
      {sum_piece<float, double>, sum_piece<float, float>, sum_piece<float, bf16>, sum_piece<float, f16>},
      {sum_piece<bf16, double>, sum_piece<bf16, float>, sum_piece<bf16, bf16>, sum_piece<bf16, f16>},
      {sum_piece<f16, double>, sum_piece<f16, float>, sum_piece<f16, bf16>, sum_piece<f16, f16>}}},
    {widen<double>, widen<float>, widen<bf16>, widen<f16>},
    top_two,
    partition};

}  // namespace portwright::compare::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

#if HWY_ONCE

namespace portwright::compare {

std::span<const Kernels* const> available_kernels() {
#if HWY_TARGETS & HWY_AVX2
  static constexpr std::array<const Kernels*, 2> known{&scalar_kernels, &N_AVX2::kernels};
  // Everything that Highway's AVX2 target is compiled with.
  __builtin_cpu_init();
  const bool has_vectors = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                           __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi") &&
                           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("aes") &&
                           __builtin_cpu_supports("pclmul");
  return std::span(known).first(has_vectors ? 2 : 1);
#elif HWY_TARGETS & HWY_NEON
  static constexpr std::array<const Kernels*, 2> known{&scalar_kernels, &N_NEON::kernels};
  return known;
#else
  static constexpr std::array<const Kernels*, 1> known{&scalar_kernels};
  return known;
#endif
}

std::string_view kernel_target() { return available_kernels().back()->target; }

}  // namespace portwright::compare

#endif
