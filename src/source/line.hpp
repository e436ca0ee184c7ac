// A line of a source file.
#pragma once

#include <filesystem>
#include <string>

namespace portwright::source {

struct Line {
  std::filesystem::path file;
  int line = 0;  // from 1

  [[nodiscard]] std::string text() const {
    return file.filename().string() + ":" + std::to_string(line);
  }  // "llama.py:47"
  [[nodiscard]] bool operator==(const Line&) const = default;
};

}  // namespace portwright::source
