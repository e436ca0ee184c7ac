// The model types that both libraries have.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "probe/workers.hpp"

namespace portwright::harness {

// By type, the module of mlx_lm.models that serves it. `globs` choose (all where there are none); one that matches
// nothing is an input error.
[[nodiscard]] Result<std::map<std::string, std::string>> shared_types(probe::Workers& workers,
                                                                      const std::vector<std::string>& globs);

}  // namespace portwright::harness
