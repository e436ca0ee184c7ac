#include "report/screen.hpp"

#include <algorithm>

namespace portwright::report {
namespace {

constexpr int narrowest = 20;     // columns; no terminal in use is narrower, and below it nothing can be laid out
constexpr int least_beside = 34;  // columns of text that are worth a column of their own
constexpr int indent_below = 4;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    lines.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

// A line that goes on elsewhere: ends in "…", and never within a number or a name where a space is near.
std::string cut_at_word(std::string line, int width) {
  const std::string ending = " …";
  while (columns_of(line + ending) > width) {
    const std::size_t space = line.rfind(' ');
    if (space == std::string::npos) return shortened(line + ending, width);
    line.erase(space);
  }
  return line + ending;
}

std::string spaces(int count) { return std::string(static_cast<std::size_t>(std::max(0, count)), ' '); }

}  // namespace

Screen::Screen(const Terminal& terminal) : colour_(terminal.colour), width_(std::max(narrowest, terminal.width)) {}

Screen::Colour Screen::colour_of(results::Verdict verdict) {
  switch (verdict) {
    case results::Verdict::pass:
      return Colour::good;
    case results::Verdict::fail:
      return Colour::bad;
    case results::Verdict::error:
      return Colour::broken;
    case results::Verdict::inconclusive:
      return Colour::open;
    case results::Verdict::not_compared:
      return Colour::faint;
  }
  return Colour::none;
}

bool Screen::row(const std::vector<Label>& labels, std::string_view text, int most_lines) {
  int beside = 0;
  std::string plain;
  std::string in_colour;
  for (const Label& label : labels) {
    const std::string shown = printable(label.text);
    const std::string padding = spaces(std::max(label.columns - columns_of(shown), &label == &labels.back() ? 0 : 1));
    plain += shown + padding;
    in_colour += painted(shown, label.colour) + padding;
    beside += columns_of(shown) + static_cast<int>(padding.size());
  }
  const bool fits_beside = width_ - beside >= least_beside;
  const int indent = fits_beside ? beside : indent_below;

  std::vector<std::string> lines = lines_of(wrapped(printable(text), width_ - indent, 0));
  const bool cut = most_lines > 0 && lines.size() > static_cast<std::size_t>(most_lines);
  if (cut) {
    lines.resize(static_cast<std::size_t>(most_lines));
    lines.back() = cut_at_word(lines.back(), width_ - indent);
  }
  if (!fits_beside) {
    // Labels are short but for hostile or very long names, which lose their colour and keep the width.
    if (beside <= width_) {
      line(in_colour);
    } else {
      for (const std::string& piece : lines_of(wrapped(plain, width_ - 2, 0))) line("  " + piece);
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (fits_beside && i == 0) {
      line(in_colour + lines[i]);
    } else if (!lines[i].empty()) {
      line(spaces(indent) + lines[i]);
    }
  }
  return !cut;
}

void Screen::indented(int indent, std::string_view text, Colour colour) {
  const std::string shown = printable(text);
  const std::size_t own = std::min(shown.find_first_not_of(' '), shown.size());
  indent += static_cast<int>(own);
  if (width_ - indent < narrowest) indent = 0;
  for (const std::string& piece : lines_of(wrapped(shown, width_ - indent, 0))) {
    line(spaces(indent) + painted(piece, colour));
  }
}

void Screen::joined(const std::vector<std::string>& parts, Colour first) {
  constexpr std::string_view separator = " · ";
  constexpr int continued = 2;
  std::string current;
  bool is_first_line = true;
  const auto room = [&] { return width_ - (is_first_line ? 0 : continued); };
  const auto finish = [&] {
    while (!current.empty()) {
      const std::string lines = wrapped(current, room(), 0);
      const std::string piece = lines.substr(0, lines.find('\n'));
      line(is_first_line ? painted(piece, first) : spaces(continued) + piece);
      is_first_line = false;
      current.erase(0, std::min(current.size(), piece.size()));
      current.erase(0, std::min(current.find_first_not_of(' '), current.size()));
    }
  };
  for (const std::string& raw : parts) {
    const std::string part = printable(raw);
    if (part.empty()) continue;
    const int used = columns_of(current) + (current.empty() ? 0 : columns_of(separator)) + columns_of(part);
    if (!current.empty() && used > room()) finish();
    if (!current.empty()) current += separator;
    current += part;
  }
  if (!current.empty()) finish();
}

void Screen::blank() { text_ += '\n'; }

std::string Screen::painted(std::string_view text, Colour colour) const {
  if (!colour_ || colour == Colour::none || text.empty()) return std::string(text);
  std::string_view code;
  switch (colour) {
    case Colour::good:
      code = "32";
      break;
    case Colour::bad:
      code = "1;31";
      break;
    case Colour::broken:
      code = "35";
      break;
    case Colour::open:
      code = "33";
      break;
    case Colour::faint:
      code = "2";
      break;
    case Colour::strong:
      code = "1";
      break;
    case Colour::none:
      break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

void Screen::line(std::string_view text) {
  text_ += text;
  while (!text_.empty() && text_.back() == ' ') text_.pop_back();
  text_ += '\n';
}

}  // namespace portwright::report
