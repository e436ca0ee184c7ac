// What became of a stored weight on its way into the port: loading code that cuts, turns or stacks it otherwise.
#pragma once

#include <optional>
#include <string>

#include "diagnose/matrix.hpp"

namespace portwright::diagnose {

// Whether the port holds the stored numbers, in the other library's layout maybe: convolutions have their channels
// behind the taps, and a matrix may be stored the other way round than its shape says.
[[nodiscard]] bool is_as_stored(const Matrix& port, const Matrix& stored);

// How the port's array is made of the stored one's elements: "transposed", "its rows backwards". Nothing where it is as
// stored, or made of other numbers.
[[nodiscard]] std::optional<std::string> change_of(const Matrix& port, const Matrix& stored);

}  // namespace portwright::diagnose
