#include "diagnose/precision_bounds.hpp"

#include <array>
#include <string_view>

namespace portwright::diagnose {
namespace {

struct TypeBounds {
  std::string_view type;
  RhoBounds bounds;
};

// The 1st and 99th percentile of rho, of the furthest tensor of each kind, over 45 ports of docs/zoo.md that pass, with
// mlx-lm 0.32.2, mlx 0.32.4, transformers 5.23.0 and torch 2.13.0 on a CPU, in bfloat16 with f32-rounded products.
// Printed by bench/calibrate on 2026-11-26: bench/results/2026-11-26-precision.md. Null runs of the reference lie
// within (bench/nulls, bench/results/2026-11-27-nulls.md): they alone would call right norms of ports a loss.
constexpr std::array seen_of_correct_ports{
    TypeBounds{"norm", {1.0, 1.679}},     TypeBounds{"linear", {1.0, 1.0}},     TypeBounds{"function", {0.414, 1.359}},
    TypeBounds{"module", {0.908, 1.224}}, TypeBounds{"arriving", {1.0, 1.246}},
};

}  // namespace

std::string precision_type(const Call& reference, bool is_output) {
  if (!function_of(reference.path).empty()) return "function";
  if (!is_output) return "arriving";
  if (is_norm(reference)) return "norm";
  for (const char* product : {"Linear", "Embedding", "Conv1"}) {
    if (reference.type.find(product) != std::string::npos) return "linear";
  }
  return "module";
}

RhoBounds rho_bounds(const std::string& type) {
  for (const TypeBounds& row : seen_of_correct_ports) {
    if (row.type == type) return row.bounds;
  }
  return {};
}

}  // namespace portwright::diagnose
