// Amounts as a person reads them.
#pragma once

#include <cstdint>
#include <string>

namespace portwright {

[[nodiscard]] std::string bytes_text(std::uint64_t bytes);  // "12 kB", "1 MB", "1.2 GB": powers of 1000
[[nodiscard]] std::string count_text(std::uint64_t count);  // "640", "135 M", "8.2 B", "1.2 T": parameters, downloads
[[nodiscard]] std::string duration(double seconds);         // "0.4 s", "21 s", "3 min 12 s", "1 h 04 min"

}  // namespace portwright
