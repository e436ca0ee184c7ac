// What a check would have seen: known faults are put into the reference, and its logits judged by the check's own rule.
#pragma once

#include <functional>
#include <string>

#include "battery/check.hpp"

namespace portwright::battery {

// How a check judges the error of faulty logits: the number it judges by, and whether it would have told.
struct Sight {
  double value = 0;
  bool caught = false;
};
using Judge = std::function<Sight(double relative_l2)>;

// What to add to the summary of a check that passes: nothing, unless it would have caught none of the faults that could
// be put into the model.
[[nodiscard]] std::string blindness(const Json& faults);

// Asks the reference for its logits with each known fault in `form`, and writes `record.sensitivity["faults"]`: one
// object a fault, `measure` naming the number that `judge` gives. Where it passes, `blindness` is added to its summary.
// The answers are remembered.
void tell_sensitivity(Context& context, Form form, const std::string& measure, const Judge& judge,
                      results::CheckRecord& record);

}  // namespace portwright::battery
