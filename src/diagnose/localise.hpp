// Where an error starts. Every module got the reference's inputs and handed on the reference's outputs (forcing), so no
// error travels: a wrong output is the module's own, and an input that arrives wrong was made so by the calling module.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "diagnose/calls.hpp"

namespace portwright::diagnose {

// Relative L2 in float32 against the float64 truth, over the floor that the reference's own float32 shows.
// Suspect and fail limits: correct ports show 0.5 to 1.6 times the floor; a wrong eps starts at about 20.
inline constexpr double suspect_over_floor = 3;
inline constexpr double wrong_over_floor = 10;
// No float32 computation is asked to be better than one unit in the last place of its result.
inline constexpr double least_floor = 1.1920928955078125e-07;  // 2^-23

enum class Level { clean, suspect, wrong };

struct Measurement {
  double error = 0;  // the port's relative L2 against the truth
  double floor = 0;  // the reference's own; never below least_floor
  [[nodiscard]] double over_floor() const { return error / floor; }
  [[nodiscard]] Level level() const;
};
[[nodiscard]] Measurement measured(double error, double reference_error);

// What was measured in one forced forward: by index of the reference's call.
struct Judged {
  std::map<std::size_t, Measurement> in;   // as it arrived, before forcing replaced it
  std::map<std::size_t, Measurement> out;  // as the module made it

  [[nodiscard]] double wrong() const;  // the sum of the errors of the points that are wrong; 0 where none is
  void forget(const Event& event) { (event.is_end ? out : in).erase(event.call); }
};

struct Finding {
  std::string module;       // starred reference path
  std::string function;     // "attention", "mask" where the module's use of one is wrong; else empty
  std::vector<int> layers;  // ascending; empty without a star
  int layers_in_all = 0;    // how many layers have this module
  std::string seen_at;      // starred point: "model.layers.*.self_attn.o_proj:in"
  Measurement worst;
  std::string worst_at;  // the point of `worst`: "model.layers.3.self_attn.o_proj#0:in"
  Level level = Level::clean;
};

// Findings in the order of the forward, the first wrong one first; suspects after what is wrong.
[[nodiscard]] std::vector<Finding> findings(const std::vector<Call>& reference, const Judged& judged);

// Outputs of calls, and what functions were given, that came wrong: starting points of the second question, does what
// follows make up for it?
[[nodiscard]] std::vector<Event> wrong_handovers(const std::vector<Call>& reference, const Judged& judged);

// The two sides may draw a boundary at another place (a multiplier inside the embedding here, behind it there; a scale
// on the queries here, on the keys there). `again` was measured with `wrong_handovers(first)` left as the port made
// them. Where that mends what came out wrong behind such a call, and breaks nothing, or where the function makes the
// right thing of it, the boundary differs and nothing is wrong: they are taken out.
[[nodiscard]] Judged without_moved_boundaries(const std::vector<Call>& reference, const Judged& first,
                                              const Judged& again, std::vector<std::string>& moved);

}  // namespace portwright::diagnose
