#include "workspace/last_lines.hpp"

#include <algorithm>
#include <vector>

#include "base/terminal.hpp"

namespace portwright::workspace {

std::string last_lines(std::string_view text) {
  constexpr std::size_t most = 8;
  constexpr int widest = 160;
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < most) {
    const std::size_t begin = text.rfind('\n', text.size() - 1);
    std::string_view line = begin == std::string_view::npos ? text : text.substr(begin + 1);
    text = begin == std::string_view::npos ? std::string_view{} : text.substr(0, begin);
    // A progress bar draws over itself: what stood there last is what was to be read.
    if (const std::size_t drawn = line.rfind('\r'); drawn != std::string_view::npos && drawn + 1 < line.size()) {
      line.remove_prefix(drawn + 1);
    }
    std::string shown = shortened(printable(line.substr(0, 4096)), widest);
    if (shown.find_first_not_of(' ') != std::string::npos) lines.push_back(std::move(shown));
  }
  std::string joined;
  std::ranges::reverse(lines);
  for (const std::string& line : lines) joined += (joined.empty() ? "" : "\n") + line;
  return joined;
}

}  // namespace portwright::workspace
