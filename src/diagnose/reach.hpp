// Which parts of a model a forward reaches: a text goes past the tower for pictures.
#pragma once

#include <string>
#include <vector>

#include "diagnose/calls.hpp"

namespace portwright::diagnose {

// The outermost modules with modules below them of which the forward called none. A single layer is never among them:
// its caller may have read its weight.
[[nodiscard]] std::vector<std::string> parts_not_reached(const std::vector<std::string>& modules,
                                                         const std::vector<Call>& calls);

// Of stored tensors, those of `parts` alone. A file's names may begin otherwise than the model's (`parameters`): a name
// belongs to the parameters whose last words it shares, as many as can be.
[[nodiscard]] std::vector<std::string> stored_in(const std::vector<std::string>& parts,
                                                 const std::vector<std::string>& stored,
                                                 const std::vector<std::string>& parameters);

}  // namespace portwright::diagnose
