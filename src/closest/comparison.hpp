// One candidate beside the model that is asked about: what is equal, what is a known variation, what is new.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "closest/similarity.hpp"

namespace portwright::closest {

struct Candidate {
  std::string name;  // "olmo2"
  std::string file;  // "models/olmo2.py"
  Structure structure;
  Similarity similarity;
  double score = 0;  // what they are ranked by
};

// Something that the reference has and the candidate has not.
struct Difference {
  std::string_view fact;
  std::string_view topic;
  std::string_view words;
  Place reference;
  std::string known_in;  // the nearest other candidate that has it; empty: it is new
  Place known;
};

struct Comparison {
  std::vector<std::string_view> equal;        // facts
  std::vector<Difference> missing;            // known variations and new ones
  std::vector<std::string_view> superfluous;  // facts of the candidate alone, which no config leaves out
  std::vector<std::string_view> options;      // facts of the candidate alone, which a config may leave out
  std::vector<std::string> other_weights;     // names that one of the two has alone
  bool identical = false;                     // up to names
  bool same_names = false;                    // of the parameters too
};

// `ranked`: all candidates, the nearest first; among them known variations are looked for.
[[nodiscard]] Comparison compare(const Structure& reference, const Candidate& candidate,
                                 const std::vector<Candidate>& ranked);

// "as olmo2, with a sliding window; without q/k norm over each head"
[[nodiscard]] std::string in_words(const Candidate& candidate, const Comparison& comparison);

}  // namespace portwright::closest
