#include "harness/verdict_sentence.hpp"

namespace portwright::harness {
namespace {

std::string spoken(results::Verdict verdict) {
  switch (verdict) {
    case results::Verdict::inconclusive:
      return "undecided";
    case results::Verdict::not_compared:
      return "not compared";
    default:
      return std::string(results::name(verdict));
  }
}

}  // namespace

std::string verdict_sentence(const results::RunRecord& run, const std::string& backend) {
  const bool metal = backend == "metal";
  const std::string name = metal ? "Metal" : backend == "cuda" ? "CUDA" : "CPU";
  std::string sentence = spoken(run.verdict) + " on " + name;
  if (!metal) sentence += " (Metal not compared)";
  if (run.partial) sentence += ", partial run";
  return sentence;
}

}  // namespace portwright::harness
