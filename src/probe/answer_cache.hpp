// The reference's answers on disk, so that the tenth run of a porter pays for the port only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::probe {

struct StoredAnswer {
  Json ok;
  std::vector<std::filesystem::path> files;  // safetensors, in the order they were stored
};

// An entry is a folder named by its key. What an entry was used for in this run is not evicted by this run, and an
// open or mapped file outlives the eviction by another one.
class AnswerCache {
 public:
  AnswerCache(std::filesystem::path folder, std::uint64_t max_bytes);

  // Nothing where there is no entry or it is damaged (it is then removed). `key` is hexadecimal, made with xxh128_hex
  // of everything the answer depends on.
  [[nodiscard]] std::optional<StoredAnswer> find(const std::string& key);

  // Evicts the entries unused for longest until all fit into `max_bytes`, then takes copies of `files` (hard links
  // where it can). An answer that is larger alone is not stored, which is no error. Replaces an entry of the same key.
  Status store(const std::string& key, const Json& ok, const std::vector<std::filesystem::path>& files);

 private:
  void evict(std::uint64_t incoming);

  std::filesystem::path folder_;
  std::uint64_t max_bytes_;
  std::unordered_set<std::string> used_;
};

}  // namespace portwright::probe
