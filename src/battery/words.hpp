// Numbers and lists as the summaries of records say them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace portwright::battery {

[[nodiscard]] std::string number(double value);  // 3.1e-02 as "3.1e-2", 0.35 as "0.35"
[[nodiscard]] std::string counted(std::size_t count, const char* one,
                                  const char* many = nullptr);                              // "1 tensor", "2 tensors"
[[nodiscard]] std::string grouped(std::size_t count);                                       // "1,204"
[[nodiscard]] std::string listed(const std::vector<std::string>& items, std::size_t most);  // "a, b and 3 more"
[[nodiscard]] std::string layers_in_words(const std::vector<int>& layers, int in_all);      // "all 30 layers alike"

}  // namespace portwright::battery
