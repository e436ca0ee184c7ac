#include "diagnose/precision.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace portwright::diagnose {
namespace {

constexpr std::size_t resamples = 999;
constexpr double confidence = 0.95;
// A scatter of half a percent of rho is no scatter: without a least error, tensors that are equal to the bit on all
// prompts but one would make every interval endless.
constexpr double least_error = 0.005;
// Nothing is told of a rho beyond these.
constexpr double most_log_rho = 6.907755278982137;  // of 1000

struct Moments {
  double mean = 0;
  double error = 0;  // of the mean
};

Moments moments_of(const LogRhos& values, const std::vector<std::size_t>& prompts) {
  const auto count = static_cast<double>(prompts.size());
  double mean = 0;
  for (const std::size_t prompt : prompts) mean += values[prompt] / count;
  double squares = 0;
  for (const std::size_t prompt : prompts) squares += (values[prompt] - mean) * (values[prompt] - mean);
  return {mean, std::max(least_error, std::sqrt(squares / (count - 1) / count))};
}

// How far below and above its own mean the furthest of all tensors lies in a resample, in units of its error.
struct Reach {
  double up = 0;
  double down = 0;
};

Reach furthest(const std::vector<const LogRhos*>& tensors, const std::vector<Moments>& means,
               const std::vector<std::size_t>& drawn) {
  Reach reach;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Moments again = moments_of(*tensors[i], drawn);
    const double t = (again.mean - means[i].mean) / again.error;
    reach.up = std::max(reach.up, t);
    reach.down = std::max(reach.down, -t);
  }
  return reach;
}

double quantile_of(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

// Quantiles of the max-T distribution, each side at half of what may be missed.
Reach max_t(const std::vector<const LogRhos*>& tensors, const std::vector<Moments>& means, std::size_t prompts,
            std::uint64_t seed) {
  std::mt19937_64 random(seed);  // its sequence is fixed by the standard, its distributions are not
  std::vector<double> up;
  std::vector<double> down;
  up.reserve(resamples);
  down.reserve(resamples);
  std::vector<std::size_t> drawn(prompts);
  for (std::size_t i = 0; i < resamples; ++i) {
    for (std::size_t& prompt : drawn) prompt = random() % prompts;
    const Reach reach = furthest(tensors, means, drawn);
    up.push_back(reach.up);
    down.push_back(reach.down);
  }
  const double share = 1 - (1 - confidence) / 2;
  return {quantile_of(std::move(up), share), quantile_of(std::move(down), share)};
}

PrecisionLevel level_of(double low, double high, double least, double most) {
  if (low > most) return PrecisionLevel::loses_more;
  if (high < least) return PrecisionLevel::too_accurate;
  return low >= least && high <= most ? PrecisionLevel::inside : PrecisionLevel::undecided;
}

}  // namespace

PrecisionFinding judge_precision(const PrecisionKind& kind, const RhoBounds& bounds, std::uint64_t seed) {
  PrecisionFinding finding;
  const std::size_t prompts = kind.tensors.empty() ? 0 : kind.tensors.begin()->second.size();
  if (prompts < least_prompts) return finding;

  std::vector<const LogRhos*> tensors;
  std::vector<Moments> means;
  std::vector<std::size_t> every(prompts);
  std::iota(every.begin(), every.end(), std::size_t{0});
  tensors.reserve(kind.tensors.size());
  means.reserve(kind.tensors.size());
  for (const auto& [point, values] : kind.tensors) {
    tensors.push_back(&values);
    means.push_back(moments_of(values, every));
  }
  const Reach reach = max_t(tensors, means, prompts, seed);

  const double least = bounds.least / rho_margin;
  const double most = bounds.most * rho_margin;
  finding.level = PrecisionLevel::inside;
  double outermost = -1;
  double sum = 0;
  std::size_t i = 0;
  for (const auto& [point, values] : kind.tensors) {
    const Moments& tensor = means[i++];
    sum += tensor.mean;
    const double low = std::exp(std::max(-most_log_rho, tensor.mean - reach.up * tensor.error));
    const double high = std::exp(std::min(most_log_rho, tensor.mean + reach.down * tensor.error));
    const PrecisionLevel level = level_of(low, high, least, most);
    // The worst level is told, and of tensors on it the one furthest from 1.
    const bool worse = level > finding.level;
    if (!worse && (level < finding.level || std::abs(tensor.mean) <= outermost)) continue;
    outermost = std::abs(tensor.mean);
    finding.level = level;
    finding.rho = std::exp(tensor.mean);
    finding.low = low;
    finding.high = high;
    finding.at = point;
  }
  finding.mean = std::exp(sum / static_cast<double>(means.size()));
  return finding;
}

}  // namespace portwright::diagnose
