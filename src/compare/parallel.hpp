// Work on independent, numbered blocks, on as many threads as it is worth.
#pragma once

#include <cstddef>
#include <functional>

namespace portwright::compare {

// One for what is read faster than threads start, else what the machine offers.
[[nodiscard]] std::size_t threads_for(std::size_t bytes);

// Calls work(worker, block) once for every block below `blocks`, worker being below `threads` and the same for no two
// calls at one time. Which worker gets which block is not determined, so the result must not depend on it. `work` must
// not throw.
void for_each_block(std::size_t blocks, std::size_t threads, const std::function<void(std::size_t, std::size_t)>& work);

}  // namespace portwright::compare
