// What the experts of a switch layer compute from their projections, where the reference's activation is a module that
// is called once for each expert.
#pragma once

#include <string>
#include <vector>

#include "diagnose/mixture.hpp"

namespace portwright::diagnose {

struct ExpertGate {
  Matrix in;   // of the reference's activation: [tokens of the expert, width], in an order of its own
  Matrix out;  // likewise
};

struct ExpertInside {
  std::vector<Matrix> projections;  // the port's, of every token and chosen expert: [tokens x chosen, width]
  Matrix product;                   // what the last projection gets, likewise
  Matrix order;                     // [tokens, chosen]
  std::vector<ExpertGate> gates;    // of the experts that tokens go to, ascending
  double floor = 0;
};

// Which activation of which projection the port computes, where the reference computes another; nothing where the
// product is right or another one.
[[nodiscard]] std::optional<results::Cause> explain_experts(const ExpertInside& inside);

}  // namespace portwright::diagnose
