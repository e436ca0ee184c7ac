// A fast BLAS for MLX on Linux, whose wheel calls a reference BLAS: an OpenBLAS to preload, if one can be found.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "workspace/python.hpp"

namespace portwright::workspace {

struct Blas {
  std::filesystem::path library;  // for LD_PRELOAD; empty where none is needed (macOS) or found
  std::string description;  // "OpenBLAS 0.3.21 (/usr/lib/…)", "none found: float32 products are about 30 times slower"
  std::string remedy;       // what would give one
};

// Debian's and other system libraries first, then the scipy-openblas32 wheel of `python` behind a forwarding library.
[[nodiscard]] Blas find_blas(const Python& python);

}  // namespace portwright::workspace
