// What the reference calls a module that the other side names otherwise, told by where it stands in the tree alone: no
// forward has run yet.
#pragma once

#include <string>
#include <vector>

namespace portwright::diagnose {

// `modules` and `reference` are the paths of those that own weights. At each level the children of one name belong
// together, and the only two that are left over. What lies below a module in which the reference has nothing is that
// module's (an expert's weights). Where several are left over it is the module around them; the path itself where the
// reference has nothing that it could be.
[[nodiscard]] std::string name_in_reference(const std::string& path, const std::vector<std::string>& modules,
                                            const std::vector<std::string>& reference);

}  // namespace portwright::diagnose
