#include "probe/answer_cache.hpp"

#include <fmt/format.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): POSIX's mkdtemp

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/file_error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"

namespace portwright::probe {
namespace {

namespace fs = std::filesystem;

constexpr const char* record_name = "answer.json";
// Entries are made under such a name and renamed when they are whole; they also lose their name before they are
// removed.
constexpr std::string_view unfinished = ".unfinished-";

struct Entry {
  fs::path folder;
  fs::file_time_type used;
  std::uint64_t bytes = 0;
};

std::vector<Entry> entries_of(const fs::path& folder) {
  std::vector<Entry> entries;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code gone;  // another run may evict at the same time
    if (!entry.is_directory(gone) || gone) continue;
    const auto used = entry.last_write_time(gone);
    if (!gone) entries.push_back({entry.path(), used, bytes_below(entry.path())});
  }
  return entries;
}

Result<fs::path> make_unfinished(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return tl::unexpected(file_error(folder, "made", error.value()));
  std::string name = folder / fmt::format("{}XXXXXX", unfinished);
  if (::mkdtemp(name.data()) == nullptr) return tl::unexpected(file_error(folder, "written to", errno));
  return fs::path(name);
}

// A reader finds the whole entry or none.
void remove_entry(const fs::path& entry) {
  std::error_code error;
  const auto aside = make_unfinished(entry.parent_path());
  if (aside) fs::rename(entry, *aside, error);
  fs::remove_all(aside && !error ? *aside : entry, error);
}

// A link costs nothing, but does not lead from one file system into another.
Status link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, error);
  if (error) return tl::unexpected(file_error(to, "written", error.value()));
  return {};
}

Status fill(const fs::path& folder, const Json& ok, const std::vector<fs::path>& files) {
  Json record{{"ok", ok}, {"files", Json::array()}};
  for (const fs::path& file : files) {
    const std::string name = fmt::format("{:06}.safetensors", record["files"].size());
    if (Status put = link_or_copy(file, folder / name); !put) return put;
    const auto hash = xxh128_files({folder / name});
    if (!hash) return tl::unexpected(hash.error());
    record["files"].push_back({{"name", name}, {"xxh128", *hash}});
  }
  return write_file(folder / record_name, record.dump());
}

std::optional<StoredAnswer> read_entry(const fs::path& folder) {
  const auto record = read_json(folder / record_name);
  if (!record || !record->is_object() || !record->contains("ok") || !record->contains("files")) return std::nullopt;
  StoredAnswer answer{.ok = (*record)["ok"], .files = {}};
  for (const Json& file : (*record)["files"]) {
    if (!file.is_object() || !file.contains("name") || !file["name"].is_string()) return std::nullopt;
    const fs::path path = folder / file["name"].get<std::string>();
    const auto hash = xxh128_files({path});
    if (!hash || file.value("xxh128", Json()) != *hash) return std::nullopt;
    answer.files.push_back(path);
  }
  return answer;
}

}  // namespace

AnswerCache::AnswerCache(fs::path folder, std::uint64_t max_bytes)
    : folder_(std::move(folder)), max_bytes_(max_bytes) {}

std::optional<StoredAnswer> AnswerCache::find(const std::string& key) {
  const fs::path entry = folder_ / key;
  std::error_code error;
  if (key.empty() || !fs::is_directory(entry, error)) return std::nullopt;
  auto answer = read_entry(entry);
  if (!answer) {
    remove_entry(entry);
    return std::nullopt;
  }
  fs::last_write_time(entry, fs::file_time_type::clock::now(), error);
  used_.insert(key);
  return answer;
}

Status AnswerCache::store(const std::string& key, const Json& ok, const std::vector<fs::path>& files) {
  std::uint64_t bytes = ok.dump(-1, ' ', false, Json::error_handler_t::replace).size();
  for (const fs::path& file : files) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return tl::unexpected(file_error(file, "read", error.value()));
    bytes += size;
  }
  if (bytes > max_bytes_) return {};
  evict(bytes);

  auto folder = make_unfinished(folder_);
  if (!folder) return tl::unexpected(folder.error());
  std::error_code error;
  if (Status filled = fill(*folder, ok, files); !filled) {
    fs::remove_all(*folder, error);
    return filled;
  }
  const fs::path entry = folder_ / key;
  fs::rename(*folder, entry, error);
  if (error && fs::is_directory(entry)) {
    // Another run stored the same answer, or an earlier one with this key is replaced.
    remove_entry(entry);
    fs::rename(*folder, entry, error);
  }
  if (error) {
    std::error_code ignored;
    fs::remove_all(*folder, ignored);
    return tl::unexpected(file_error(entry, "written", error.value()));
  }
  used_.insert(key);
  return {};
}

void AnswerCache::evict(std::uint64_t incoming) {
  std::vector<Entry> entries = entries_of(folder_);
  std::uint64_t total = incoming;
  for (const Entry& entry : entries) total += entry.bytes;
  std::ranges::sort(entries, {}, &Entry::used);
  for (const Entry& entry : entries) {
    const std::string name = entry.folder.filename().string();
    const bool abandoned =
        name.starts_with(unfinished) && fs::file_time_type::clock::now() - entry.used > std::chrono::hours(1);
    const bool evictable = !name.starts_with(unfinished) && !used_.contains(name);
    if (abandoned || (evictable && total > max_bytes_)) {
      remove_entry(entry.folder);
      total -= entry.bytes;
    }
  }
}

}  // namespace portwright::probe
