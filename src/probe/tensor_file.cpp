#include <system_error>
#include <utility>

#include "probe/workers.hpp"

namespace portwright::probe {

TensorFile::TensorFile(std::filesystem::path path, std::uint64_t bytes, std::function<void()> release)
    : path_(std::move(path)), bytes_(bytes), release_(std::move(release)) {}

TensorFile::~TensorFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  if (release_) release_();
}

}  // namespace portwright::probe
