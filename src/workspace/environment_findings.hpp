// What is off in an environment, told from its metadata: each finding with what mends it, nothing where all is well.
#pragma once

#include <vector>

#include "workspace/finding.hpp"
#include "workspace/python.hpp"

namespace portwright::workspace {

// An environment that env create did not finish, or that is no longer as its lock says; where it is, that is a finding
// too. Nothing where it has no lock.
[[nodiscard]] std::vector<Finding> lock_findings(const Python& python);

// Checkouts that are gone or hold no package any more.
[[nodiscard]] std::vector<Finding> editable_findings(const Python& python);

// Measured packages out of several environments (user site, system packages), or twice under one name.
[[nodiscard]] std::vector<Finding> mixture_findings(const Python& python);

// Gigabytes of CUDA libraries on a machine without a GPU.
[[nodiscard]] std::vector<Finding> cuda_findings(const Python& python, bool has_gpu);

// numpy for another Python, or of a kind that torch was not compiled against.
[[nodiscard]] std::vector<Finding> numpy_findings(const Python& python);

// What the measured packages need and is missing or has a version they do not take; requirements that only apply
// under some condition are left alone. jinja2 and tokenizers are always looked for: templates and texts need them.
[[nodiscard]] std::vector<Finding> requirement_findings(const Python& python);

// All of these.
[[nodiscard]] std::vector<Finding> environment_findings(const Python& python);

}  // namespace portwright::workspace
