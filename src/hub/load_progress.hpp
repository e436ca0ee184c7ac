// The live line of a load: how much is there, how fast it comes, how long it still takes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <ostream>
#include <string>

#include "base/terminal.hpp"

namespace portwright::hub {

class LoadProgress {
 public:
  using Clock = std::function<double()>;  // seconds since some moment

  // A line that is drawn over itself where the terminal is interactive, else one every ten seconds. `out` outlives it.
  LoadProgress(std::ostream& out, Terminal terminal, Clock clock);
  ~LoadProgress();  // clears the line
  LoadProgress(const LoadProgress&) = delete;
  LoadProgress& operator=(const LoadProgress&) = delete;

  void begins(const std::string& model);
  void arrived(std::uint64_t done, std::uint64_t of);  // bytes
  void ends();                                         // clears the line

 private:
  struct Sample {
    double at = 0;
    std::uint64_t done = 0;
  };
  [[nodiscard]] std::string line(std::uint64_t done, std::uint64_t of) const;

  std::ostream& out_;
  Terminal terminal_;
  Clock clock_;
  std::string model_;
  std::deque<Sample> samples_;  // of the last seconds, oldest first
  double logged_ = 0;
  bool drawn_ = false;
};

}  // namespace portwright::hub
