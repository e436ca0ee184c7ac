// Hashing gigabytes takes seconds, so the answer is kept with the size and time of every file it was made of.
#include <sys/stat.h>

#include <cerrno>

#include "base/file_error.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "checkpoint/checkpoint.hpp"

namespace portwright::checkpoint {
namespace {

namespace fs = std::filesystem;

// [[path, size, mtime in ns], …]; symbolic links followed, as the Hub's cache has them.
Result<Json> state_of(const std::vector<fs::path>& files) {
  Json state = Json::array();
  for (const fs::path& file : files) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) return tl::unexpected(file_error(file, "read", errno));
#ifdef __APPLE__
    const timespec& changed = status.st_mtimespec;
#else
    const timespec& changed = status.st_mtim;
#endif
    std::error_code ignored;
    state.push_back({fs::weakly_canonical(file, ignored).string(), status.st_size,
                     std::int64_t{changed.tv_sec} * 1'000'000'000 + changed.tv_nsec});
  }
  return state;
}

}  // namespace

Result<std::string> weights_hash(const Checkpoint& checkpoint, const fs::path& cache) {
  std::vector<fs::path> files{checkpoint.folder / "config.json"};
  files.insert(files.end(), checkpoint.files.begin(), checkpoint.files.end());
  const Result<Json> before = state_of(files);
  if (!before) return tl::unexpected(before.error());

  const fs::path memory = cache / "hashes" / (xxh128_hex(before->front().front().get<std::string>()) + ".json");
  if (const Result<Json> known = read_json(memory); known && known->is_object() && known->contains("files") &&
                                                    known->at("files") == *before && known->contains("hash") &&
                                                    known->at("hash").is_string()) {
    return known->at("hash").get<std::string>();
  }

  Result<std::string> hash = xxh128_files(files);
  if (!hash) return hash;
  // Not remembered where a file changed meanwhile; a cache that cannot be written costs time and nothing else.
  if (const Result<Json> after = state_of(files); after && *after == *before) {
    const Status ignored = write_file(memory, Json{{"files", *before}, {"hash", *hash}}.dump() + "\n");
    static_cast<void>(ignored);
  }
  return hash;
}

}  // namespace portwright::checkpoint
