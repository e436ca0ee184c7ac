// How many parameters a checkpoint holds, by what they are for, and which dtypes they are stored in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inspect/quantization.hpp"
#include "inspect/tensor_kind.hpp"

namespace portwright::inspect {

struct ParametersByKind {
  std::uint64_t all = 0;
  std::array<std::uint64_t, kinds> of{};  // by Kind
  std::uint64_t bookkeeping = 0;          // tensors that hold scales and the like, and no parameters

  [[nodiscard]] std::uint64_t operator[](Kind kind) const { return of.at(static_cast<std::size_t>(kind)); }
  // What the text model has: all but towers and layers that predict further tokens.
  [[nodiscard]] std::uint64_t text() const { return all - (*this)[Kind::tower] - (*this)[Kind::mtp]; }
};
[[nodiscard]] ParametersByKind parameters_by_kind(const std::vector<checkpoint::TensorInfo>& tensors,
                                                  const TensorKinds& kinds_of,
                                                  const std::optional<Quantization>& quantization);

struct StoredDtype {
  std::string name;  // as in the file: "BF16"
  std::uint64_t tensors = 0;
  std::uint64_t bytes = 0;
};
// The most bytes first.
[[nodiscard]] std::vector<StoredDtype> stored_dtypes(const std::vector<checkpoint::TensorInfo>& tensors);

}  // namespace portwright::inspect
