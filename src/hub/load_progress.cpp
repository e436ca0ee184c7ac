#include "hub/load_progress.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/amounts.hpp"

namespace portwright::hub {
namespace {

constexpr double window_seconds = 10;  // a rate of less is nervous, of more is late
constexpr double log_seconds = 10;

}  // namespace

LoadProgress::LoadProgress(std::ostream& out, Terminal terminal, Clock clock)
    : out_(out), terminal_(terminal), clock_(std::move(clock)) {}

LoadProgress::~LoadProgress() { ends(); }

void LoadProgress::begins(const std::string& model) {
  ends();
  model_ = printable(model);
  samples_.clear();
  logged_ = clock_();
}

void LoadProgress::arrived(std::uint64_t done, std::uint64_t of) {
  const double now = clock_();
  samples_.push_back({now, done});
  while (samples_.size() > 2 && samples_.front().at < now - window_seconds) samples_.pop_front();
  if (terminal_.interactive) {
    out_ << "\r\x1b[K" << shortened(line(done, of), terminal_.width - 1) << std::flush;
    drawn_ = true;
  } else if (now - logged_ >= log_seconds) {
    out_ << line(done, of) << "\n" << std::flush;
    logged_ = now;
  }
}

void LoadProgress::ends() {
  if (drawn_) out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

std::string LoadProgress::line(std::uint64_t done, std::uint64_t of) const {
  std::string text = fmt::format("{}: {} of {}", model_, bytes_text(done), bytes_text(of));
  const Sample& oldest = samples_.front();
  const double seconds = samples_.back().at - oldest.at;
  if (seconds <= 0 || done <= oldest.done) return text;
  const double rate = static_cast<double>(done - oldest.done) / seconds;
  text += fmt::format(" · {}/s", bytes_text(static_cast<std::uint64_t>(rate)));
  if (of > done) text += fmt::format(" · {} left", duration(static_cast<double>(of - done) / rate));
  return text;
}

}  // namespace portwright::hub
