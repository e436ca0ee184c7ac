// What a check would have seen: known faults are put into the reference, and its logits judged by the check's own rule.
#pragma once

#include <functional>
#include <string>

#include "battery/check.hpp"

namespace portwright::battery {

// One known fault as a check judges it: the number it judges by, and whether it would have told.
struct FaultSeen {
  int injected = 0;  // in how many places; 0: the model has nothing of the kind
  double value = 0;
  bool caught = false;
};
using Look = std::function<Asked<FaultSeen>(const std::string& fault)>;

// The reference's logits with a fault, free-running, against the truth. Remembered.
struct FaultFelt {
  int injected = 0;
  double relative_l2 = 0;
};
[[nodiscard]] Asked<FaultFelt> logits_with_fault(Context& context, Form form, const std::string& fault);

// What to add to the summary of a check that passes: nothing, unless it would have caught none of the faults that could
// be put into the model.
[[nodiscard]] std::string blindness(const Json& faults);

// Looks for every known fault and writes `record.sensitivity["faults"]`: one object a fault, `measure` naming the
// number that `look` gives. Where the check passes, `blindness` is added to its summary.
void tell_sensitivity(const std::string& measure, const Look& look, results::CheckRecord& record);

}  // namespace portwright::battery
