// The folder of a run: written while the checks end, read back by reports and by a run that goes on.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "results/check_record.hpp"
#include "results/run_record.hpp"

namespace portwright::results {

// What a check's own file holds beside the record: enough to look into it without repeating it.
struct CheckTrace {
  Json inputs = Json::array();   // the requests that were made
  Json outputs = Json::array();  // what the workers answered, without tensors
  std::string standard_error;    // the last lines the libraries wrote meanwhile
};

// What an earlier run left in the folder: kept by a run that goes on with it, else removed, so that its checks are
// never taken for those of this one.
enum class Earlier { kept, removed };

class RunFolder {
 public:
  // Makes the folder where it is missing and locks it: a second run into it is an error. Only records are removed.
  [[nodiscard]] static Result<RunFolder> open(std::filesystem::path folder, Earlier earlier = Earlier::kept);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // run.json, when a run ends; also when it begins, so that one that is killed says what it was.
  [[nodiscard]] Status write(const RunRecord& run) const;
  // variants/<variant>/<check>.json, the moment a check ends.
  [[nodiscard]] Status write(const CheckRecord& check, const CheckTrace& trace) const;

 private:
  RunFolder(std::filesystem::path path, FolderLock lock);
  std::filesystem::path path_;
  FolderLock lock_;
};

// The run in a folder. Checks that have a file of their own and are not in run.json, because the run was killed, are
// added; where there is no run.json yet, they are all there is, and the sentence says so. Verdicts stay as written.
[[nodiscard]] Result<RunRecord> read_run_folder(const std::filesystem::path& folder);

}  // namespace portwright::results
