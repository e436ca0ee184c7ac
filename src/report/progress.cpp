#include "report/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "report/words.hpp"

namespace portwright::report {
namespace {

using results::CheckRecord;

class PlainLog final : public Progress {
 public:
  explicit PlainLog(std::ostream& out) : out_(out) {}

  void begin(const std::string& /*check*/) override {}
  void note(const std::string& /*text*/) override {}
  void tick() override {}

  void end(const CheckRecord& record) override {
    out_ << fmt::format("{:<17}{:<13} {:>9}  {}\n", printable(record.id), shown(record.verdict),
                        duration(record.seconds), printable(record.summary))
         << std::flush;
  }

 private:
  std::ostream& out_;
};

class LiveLines final : public Progress {
 public:
  LiveLines(std::ostream& out, int width, Clock clock) : out_(out), width_(width), clock_(std::move(clock)) {}
  ~LiveLines() override { out_ << clear() << std::flush; }
  LiveLines(const LiveLines&) = delete;
  LiveLines& operator=(const LiveLines&) = delete;

  void begin(const std::string& check) override {
    running_.push_back({printable(check), clock_()});
    note_.clear();
    redraw();
  }

  void note(const std::string& text) override {
    note_ = printable(text);
    redraw();
  }

  void end(const CheckRecord& record) override {
    std::erase_if(running_, [&](const Running& check) { return check.id == printable(record.id); });
    ended_.push_back(record);
    redraw();
  }

  void tick() override { redraw(); }

 private:
  struct Running {
    std::string id;
    double since;
  };

  // Back to the first of the lines drawn last, and nothing below.
  [[nodiscard]] std::string clear() const {
    if (drawn_.empty()) return {};
    return fmt::format("\x1b[{}A\r\x1b[J", drawn_.size());
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    if (!ended_.empty()) {
      std::string line = "  " + counts(ended_);
      std::string failed;
      for (const CheckRecord& check : ended_) {
        if (check.verdict != results::Verdict::fail && check.verdict != results::Verdict::error) continue;
        failed += (failed.empty() ? ": " : ", ") + printable(check.id);
      }
      lines.push_back(line + failed);
    }
    for (const Running& check : running_) {
      lines.push_back(fmt::format("  {:<17}{:<11}", check.id, duration(std::floor(clock_() - check.since))));
    }
    if (!note_.empty()) {
      if (running_.empty()) {
        lines.push_back("  " + note_);
      } else {
        lines.back() += note_;
      }
    }
    // One column is left free: a full line makes some terminals wrap.
    for (std::string& line : lines) line = shortened(line, width_ - 1);
    return lines;
  }

  void redraw() {
    std::vector<std::string> now = lines();
    if (now == drawn_) return;
    std::string text = clear();
    for (const std::string& line : now) text += line + "\n";
    out_ << text << std::flush;
    drawn_ = std::move(now);
  }

  std::ostream& out_;
  int width_;
  Clock clock_;
  std::vector<Running> running_;
  std::vector<CheckRecord> ended_;
  std::string note_;
  std::vector<std::string> drawn_;
};

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::unique_ptr<Progress> progress_on(std::ostream& out, Terminal terminal, Clock clock) {
  if (terminal.interactive) return std::make_unique<LiveLines>(out, terminal.width, std::move(clock));
  return std::make_unique<PlainLog>(out);
}

}  // namespace portwright::report
