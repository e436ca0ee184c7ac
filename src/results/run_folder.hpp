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
  Json inputs = Json::object();   // the requests that were made
  Json outputs = Json::object();  // what the workers answered, without tensors
  std::string standard_error;     // the last lines the libraries wrote meanwhile
};

class RunFolder {
 public:
  // Makes the folder where it is missing and locks it: a second run into it is an error.
  [[nodiscard]] static Result<RunFolder> open(std::filesystem::path folder);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // run.json. Written when a run begins (so that an interrupted one says what it was) and when it ends.
  [[nodiscard]] Status write(const RunRecord& run) const;
  // variants/<variant>/<check>.json, the moment a check ends.
  [[nodiscard]] Status write(const CheckRecord& check, const CheckTrace& trace) const;

 private:
  RunFolder(std::filesystem::path path, FolderLock lock);
  std::filesystem::path path_;
  FolderLock lock_;
};

// The run in a folder (or in its run.json). Checks that have a file of their own and are not in run.json, because the
// run was interrupted, are added, so that nothing that was measured is lost; verdicts stay as run.json has them.
[[nodiscard]] Result<RunRecord> read_run_folder(const std::filesystem::path& folder);

}  // namespace portwright::results
