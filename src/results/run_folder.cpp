#include "results/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file_error.hpp"

namespace portwright::results {
namespace {

constexpr std::string_view check_schema = "portwright.check/1";

// What libraries print need not be UTF-8; what is no text is replaced, never a reason to lose a record.
std::string text_of(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

// Ids become file names: one that would lead out of the folder is never written.
bool is_file_name(std::string_view id) {
  return !id.empty() && id.front() != '.' && id.find('/') == std::string_view::npos &&
         id.find('\0') == std::string_view::npos;
}

std::string reason_of(const Json::exception& error) {
  const std::string_view what = error.what();
  const std::size_t bracket = what.find("] ");
  return std::string(bracket == std::string_view::npos ? what : what.substr(bracket + 2));
}

template <class Record>
Result<Record> read_record(const std::filesystem::path& file, Record (*record_from)(const Json&)) {
  const Result<Json> json = read_json(file);
  if (!json) return tl::unexpected(json.error());
  try {
    return record_from(*json);
  } catch (const Json::exception& error) {
    return fail(Fault::input, fmt::format("{} is no record of portwright: {}", file.string(), reason_of(error)),
                "render it with the version that wrote it, or run the test again");
  }
}

std::vector<std::filesystem::path> check_files(const std::filesystem::path& variants) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& variant : std::filesystem::directory_iterator(variants, error)) {
    for (const auto& file : std::filesystem::directory_iterator(variant.path(), error)) {
      if (file.path().extension() == ".json" && is_file_name(file.path().filename().string())) {
        files.push_back(file.path());
      }
    }
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

RunFolder::RunFolder(std::filesystem::path path, FolderLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

Result<RunFolder> RunFolder::open(std::filesystem::path folder, Earlier earlier) {
  Result<FolderLock> lock = FolderLock::take(folder);
  if (!lock) return tl::unexpected(lock.error());
  if (earlier == Earlier::removed) {
    std::vector<std::filesystem::path> records = check_files(folder / "variants");
    records.push_back(folder / "run.json");
    for (const std::filesystem::path& record : records) {
      std::error_code error;
      std::filesystem::remove(record, error);
      if (error) return tl::unexpected(file_error(record, "removed", error.value()));
    }
  }
  return RunFolder(std::move(folder), std::move(*lock));
}

Status RunFolder::write(const RunRecord& run) const { return write_file(path_ / "run.json", text_of(to_json(run))); }

Status RunFolder::write(const CheckRecord& check, const CheckTrace& trace) const {
  if (!is_file_name(check.variant) || !is_file_name(check.id)) {
    return fail(Fault::internal,
                fmt::format("'{}' of '{}' cannot be the name of a file in the run folder", check.id, check.variant));
  }
  Json json{{"schema", check_schema}};
  json.update(to_json(check));
  json["inputs"] = trace.inputs;
  json["outputs"] = trace.outputs;
  json["standard_error"] = trace.standard_error;
  return write_file(path_ / "variants" / check.variant / (check.id + ".json"), text_of(json));
}

Result<RunRecord> read_run_folder(const std::filesystem::path& folder) {
  const std::vector<std::filesystem::path> files = check_files(folder / "variants");
  std::error_code ignored;
  const bool ended = std::filesystem::exists(folder / "run.json", ignored);
  if (!ended && files.empty()) {
    return fail(Fault::input, fmt::format("{} is no run folder: it holds no run.json", folder.string()),
                "name the folder that 'portwright test' wrote (--out, or below runs/)");
  }
  Result<RunRecord> run = RunRecord{};
  run->sentence = "unfinished run: it was ended before it had a verdict";
  if (ended) run = read_record(folder / "run.json", &run_record_from);
  if (!run) return run;
  for (const std::filesystem::path& file : files) {
    Result<CheckRecord> check = read_record(file, &check_record_from);
    if (!check) return tl::unexpected(check.error());
    const bool known = std::ranges::any_of(run->checks, [&](const CheckRecord& other) {
      return other.id == check->id && other.variant == check->variant;
    });
    if (!known) run->checks.push_back(std::move(*check));
  }
  return run;
}

}  // namespace portwright::results
