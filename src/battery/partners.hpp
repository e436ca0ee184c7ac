// Which call of the reference is which of the port's, in a forward of the native dtype.
#pragma once

#include <map>
#include <string>

#include "battery/parity.hpp"

namespace portwright::battery {

// A call of each side by the name of the port's. Both were aligned in float32; in another dtype, where other experts
// may be chosen, the forwards need not have as many calls: those without a partner are left out.
struct Partners {
  const diagnose::Call* reference = nullptr;
  const diagnose::Call* port = nullptr;
};
[[nodiscard]] std::map<std::string, Partners> partners(Parity& parity, const Sides& native);

}  // namespace portwright::battery
