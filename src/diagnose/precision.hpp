// Does a port lose more precision than the reference, or less? From the errors of single prompts, with their scatter.
// One prompt decides nothing: log rho is studentised over prompts, and one distribution of the largest deviation holds
// for all tensors of a kind at once, drawn by a bootstrap over prompts with a seed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace portwright::diagnose {

// Of one tensor: log rho of each prompt, the same prompts in the same order for every tensor.
using LogRhos = std::vector<double>;

// Tensors of one kind: one point of every layer.
struct PrecisionKind {
  std::string type;                        // "norm", "linear", …: what its bounds depend on
  std::map<std::string, LogRhos> tensors;  // by point
};

// What correct ports show, of tensors of one type: the 1st and 99th percentile of rho.
struct RhoBounds {
  double least = 1;
  double most = 1;
};

enum class PrecisionLevel { inside, undecided, loses_more, too_accurate };

struct PrecisionFinding {
  PrecisionLevel level = PrecisionLevel::undecided;
  double rho = 1;  // of the tensor that lies furthest out, its mean over prompts
  double low = 1;  // that tensor's interval
  double high = 1;
  double mean = 1;  // over all tensors
  std::string at;   // the point of `rho`
};

// Room beyond what was seen of correct ports.
inline constexpr double rho_margin = 1.1;
// Fewer prompts give no interval worth the name.
inline constexpr std::size_t least_prompts = 8;

// 95 % intervals. Inside: no tensor's interval reaches beyond the bounds and their margin. Outside: some tensor's
// interval lies wholly beyond.
[[nodiscard]] PrecisionFinding judge_precision(const PrecisionKind& kind, const RhoBounds& bounds, std::uint64_t seed);

}  // namespace portwright::diagnose
