#include "checkpoint/weight_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file_error.hpp"
#include "checkpoint/weight_index.hpp"

namespace portwright::checkpoint {
namespace {

namespace fs = std::filesystem;

Result<WeightFiles> from_index(const fs::path& folder, const fs::path& index_file) {
  const Result<WeightIndex> index = read_weight_index(index_file);
  if (!index) return tl::unexpected(index.error());

  WeightFiles result;
  for (const std::string& shard : index->shards) {
    result.files.push_back(folder / shard);
    if (!fs::exists(result.files.back())) {
      return fail(Fault::input, fmt::format("{} names {}, which is missing", index_file.string(), shard),
                  "fetch the missing file");
    }
  }
  for (const auto& [tensor, shard] : index->tensors) result.index.emplace(tensor, result.files[shard]);
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
