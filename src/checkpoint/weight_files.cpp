#include "checkpoint/weight_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file_error.hpp"
#include "base/files.hpp"

namespace portwright::checkpoint {
namespace {

namespace fs = std::filesystem;

Result<WeightFiles> from_index(const fs::path& folder, const fs::path& index_file) {
  const Result<Json> index = read_json(index_file);
  if (!index) return tl::unexpected(index.error());
  const auto map = index->is_object() ? index->find("weight_map") : index->end();
  if (!index->is_object() || map == index->end() || !map->is_object()) {
    return fail(Fault::input, index_file.string() + " has no weight_map", "fetch the file again");
  }

  WeightFiles result;
  std::set<fs::path> shards;
  for (const auto& [tensor, value] : map->items()) {
    const fs::path shard = value.is_string() ? value.get<std::string>() : std::string();
    // A shard is a plain file name: an index must not reach out of its folder.
    if (shard.empty() || shard != shard.filename() || shard == "..") {
      return fail(Fault::input, fmt::format("{} gives tensor '{}' no file name", index_file.string(), tensor),
                  "fetch the file again");
    }
    const fs::path file = folder / shard;
    if (shards.insert(file).second && !fs::exists(file)) {
      return fail(Fault::input, fmt::format("{} names {}, which is missing", index_file.string(), shard.string()),
                  "fetch the missing file");
    }
    result.index.emplace(tensor, file);
  }
  result.files.assign(shards.begin(), shards.end());
  return result;
}

tl::unexpected<Error> no_weights(const fs::path& folder, const std::set<std::string>& other_kinds) {
  std::string sentence = folder.string() + " has no weights (model*.safetensors)";
  if (other_kinds.empty()) return fail(Fault::input, sentence, "fetch the checkpoint's safetensors files into it");
  return fail(Fault::input,
              fmt::format("{}; it has {} files, which are not read", sentence, fmt::join(other_kinds, ", ")),
              "convert them to safetensors (save_pretrained in transformers)");
}

}  // namespace

Result<WeightFiles> find_weight_files(const fs::path& folder) {
  const fs::path index_file = folder / "model.safetensors.index.json";
  std::error_code error;
  if (fs::exists(index_file, error)) return from_index(folder, index_file);

  WeightFiles result;
  std::set<std::string> other_kinds;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::path file = entries->path();
    const std::string kind = file.extension().string();
    if (kind == ".safetensors" && file.filename().string().starts_with("model")) {
      result.files.push_back(file);
    } else if (kind == ".bin" || kind == ".gguf" || kind == ".pt" || kind == ".pth" || kind == ".safetensors") {
      other_kinds.insert(kind == ".safetensors" ? file.filename().string() : kind);
    }
  }
  if (error) return tl::unexpected(file_error(folder, "read", error.value()));
  if (result.files.empty()) return no_weights(folder, other_kinds);
  std::ranges::sort(result.files);
  return result;
}

}  // namespace portwright::checkpoint
