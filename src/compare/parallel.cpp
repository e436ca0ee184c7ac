#include "compare/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace portwright::compare {

std::size_t threads_for(std::size_t bytes) {
  constexpr std::size_t worth_a_thread = std::size_t{2} << 20U;  // read in some 0.2 ms; a thread starts in 0.05 ms
  const std::size_t offered = std::max(1U, std::thread::hardware_concurrency());
  return std::clamp<std::size_t>(bytes / worth_a_thread, 1, offered);
}

void for_each_block(std::size_t blocks, std::size_t threads,
                    const std::function<void(std::size_t, std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto serve = [&](std::size_t worker) {
    for (std::size_t block = next++; block < blocks; block = next++) work(worker, block);
  };

  std::vector<std::thread> others;
  others.reserve(threads);
  for (std::size_t worker = 1; worker < std::min(threads, blocks); ++worker) {
    try {
      others.emplace_back(serve, worker);
    } catch (const std::system_error&) {
      break;  // no more threads to be had: those there do the work
    }
  }
  serve(0);
  for (std::thread& other : others) other.join();
}

}  // namespace portwright::compare
