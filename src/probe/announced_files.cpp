#include "probe/announced_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

namespace portwright::probe {

tl::expected<std::shared_ptr<TensorFile>, std::string> AnnouncedFiles::take(const TensorsLine& line,
                                                                            bool credit_on_arrival) {
  const std::filesystem::path file = folder_ / line.file;
  if (line.file.find('/') != std::string::npos || line.file.find('\0') != std::string::npos) {
    return tl::unexpected(fmt::format("the tensor file {} is outside its exchange folder", line.file));
  }
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0) {
    return tl::unexpected(fmt::format("the tensor file {} does not exist", line.file));
  }
  // A link would lead out of the folder as a path does.
  if (!S_ISREG(status.st_mode)) return tl::unexpected(fmt::format("the tensor file {} is no plain file", line.file));
  if (std::cmp_not_equal(status.st_size, line.bytes)) {
    return tl::unexpected(
        fmt::format("the tensor file {} has {} bytes and not {} as announced", line.file, status.st_size, line.bytes));
  }
  std::erase_if(files_, [](const auto& entry) { return entry.second.expired(); });
  if (files_.contains(line.file))
    return tl::unexpected(fmt::format("the tensor file {} was announced twice", line.file));

  if (credit_on_arrival) credit_->give_back(line.bytes);
  auto release = [credit = credit_, bytes = credit_on_arrival ? 0 : line.bytes] { credit->give_back(bytes); };
  auto taken = std::make_shared<TensorFile>(file, line.bytes, std::move(release));
  files_.emplace(line.file, taken);
  return taken;
}

void AnnouncedFiles::remove_leftovers() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const auto known = files_.find(entry.path().filename().string());
    if (known != files_.end() && !known->second.expired()) continue;
    std::filesystem::remove_all(entry.path(), error);
  }
  std::filesystem::remove(folder_, error);  // succeeds where nothing is in use
}

}  // namespace portwright::probe
