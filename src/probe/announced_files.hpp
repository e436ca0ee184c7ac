// The tensor files of one worker: what it announced, checked, and what it leaves behind.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "probe/credit.hpp"
#include "probe/wire.hpp"
#include "probe/workers.hpp"

namespace portwright::probe {

class AnnouncedFiles {
 public:
  // `folder` is the worker's own; it must exist.
  explicit AnnouncedFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // An error's sentence completes "the worker wrote garbage: …": no plain file of the folder, missing, of another size
  // than announced, or announced before and still in use. `credit_on_arrival`: its bytes are given back at once.
  [[nodiscard]] tl::expected<std::shared_ptr<TensorFile>, std::string> take(const TensorsLine& line,
                                                                            bool credit_on_arrival);

  // What can be told to the worker as credit.
  [[nodiscard]] std::uint64_t take_credit() { return credit_->take(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  // After the worker's end: everything but the files that are still in use.
  void remove_leftovers();

 private:
  std::filesystem::path folder_;
  std::shared_ptr<Credit> credit_ = std::make_shared<Credit>();
  std::map<std::string, std::weak_ptr<TensorFile>> files_;
};

}  // namespace portwright::probe
