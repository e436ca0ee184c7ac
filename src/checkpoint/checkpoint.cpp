#include "checkpoint/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/files.hpp"
#include "checkpoint/config_file.hpp"
#include "checkpoint/expected_dtype.hpp"
#include "checkpoint/weight_files.hpp"

namespace portwright::checkpoint {
namespace {

namespace fs = std::filesystem;

// The tensors of all files; a name must not come twice, and the index must tell the truth.
Result<std::vector<TensorInfo>> read_headers(const WeightFiles& weights) {
  std::vector<TensorInfo> tensors;
  std::map<std::string, fs::path> file_of;
  for (const fs::path& file : weights.files) {
    Result<std::vector<TensorInfo>> found = read_safetensors_header(file);
    if (!found) return found;
    for (TensorInfo& tensor : *found) {
      const auto [earlier, is_new] = file_of.emplace(tensor.name, file);
      if (!is_new) {
        return fail(
            Fault::input,
            fmt::format("tensor '{}' is in both {} and {}", tensor.name, earlier->second.string(), file.string()),
            "keep the files of one copy of the checkpoint only");
      }
      tensors.push_back(std::move(tensor));
    }
  }
  for (const auto& [name, file] : weights.index) {
    const auto found = file_of.find(name);
    if (found == file_of.end() || found->second != file) {
      return fail(Fault::input, fmt::format("{} lacks tensor '{}', which the index places there", file.string(), name),
                  "fetch the shard and model.safetensors.index.json again");
    }
  }
  if (tensors.empty()) {
    return fail(Fault::input, weights.files.front().parent_path().string() + " has weight files without a tensor",
                "fetch or write them again");
  }
  std::ranges::sort(tensors, {}, &TensorInfo::name);
  return tensors;
}

Result<bool> finds_chat_template(const fs::path& folder) {
  if (fs::exists(folder / "chat_template.jinja") || fs::exists(folder / "chat_template.json")) return true;
  const fs::path file = folder / "tokenizer_config.json";
  if (!fs::exists(file)) return false;
  const Result<Json> settings = read_json(file);
  if (!settings) return tl::unexpected(settings.error());
  const auto found = settings->is_object() ? settings->find("chat_template") : settings->end();
  return settings->is_object() && found != settings->end() && !found->is_null();
}

}  // namespace

Result<Checkpoint> open_checkpoint(const fs::path& folder) {
  Checkpoint checkpoint;
  checkpoint.folder = folder;
  std::error_code ignored;
  if (fs::exists(folder, ignored) && !fs::is_directory(folder, ignored)) {
    return fail(Fault::input, folder.string() + " is not a folder", "name the folder that holds config.json");
  }
  Result<Json> config = read_config(folder);
  if (!config) return tl::unexpected(config.error());
  checkpoint.config = std::move(*config);
  checkpoint.model_type = checkpoint.config["model_type"].get<std::string>();

  Result<WeightFiles> weights = find_weight_files(folder);
  if (!weights) return tl::unexpected(weights.error());
  Result<std::vector<TensorInfo>> tensors = read_headers(*weights);
  if (!tensors) return tl::unexpected(tensors.error());
  checkpoint.files = std::move(weights->files);
  checkpoint.tensors = std::move(*tensors);

  Result<ExpectedDtype> dtype = expected_dtype(checkpoint.config, checkpoint.tensors);
  if (!dtype) return tl::unexpected(dtype.error());
  checkpoint.dtype = std::move(*dtype);

  for (const char* file : {"tokenizer.json", "tokenizer.model", "tokenizer_config.json"}) {
    checkpoint.has_tokenizer = checkpoint.has_tokenizer || fs::exists(folder / file);
  }
  const Result<bool> has_chat_template = finds_chat_template(folder);
  if (!has_chat_template) return tl::unexpected(has_chat_template.error());
  checkpoint.has_chat_template = *has_chat_template;
  return checkpoint;
}

}  // namespace portwright::checkpoint
