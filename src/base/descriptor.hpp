// A file descriptor with an owner.
#pragma once

#include <utility>

#include "base/error.hpp"

namespace portwright {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool open() const { return number_ >= 0; }
  void close();
  void make_nonblocking() const;

 private:
  int number_ = -1;
};

// Both ends are closed in programs that are started, unless they are named among what is kept (see Spawn).
struct Pipe {
  Descriptor read;
  Descriptor write;
};
[[nodiscard]] Result<Pipe> make_pipe();

}  // namespace portwright
