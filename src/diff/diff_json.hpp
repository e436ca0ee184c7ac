// A comparison as one JSON document: schemas/diff.schema.json.
#pragma once

#include "diff/comparison.hpp"

namespace portwright::diff {

[[nodiscard]] Json to_json(const Comparison& comparison);

}  // namespace portwright::diff
