// read_folder: whatever of a checkpoint lies in a folder.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include "base/file_error.hpp"
#include "base/files.hpp"
#include "checkpoint/weight_index.hpp"
#include "inspect/stored_model.hpp"

namespace portwright::inspect {
namespace {

namespace fs = std::filesystem;
using checkpoint::TensorInfo;
using checkpoint::WeightIndex;

constexpr const char* index_name = "model.safetensors.index.json";

Result<Json> read_config(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder / "config.json", ignored)) {
    return fail(Fault::input, folder.string() + " has no config.json",
                "name the folder of a checkpoint in transformers' layout");
  }
  Result<Json> config = read_json(folder / "config.json");
  if (config && !config->is_object()) {
    return fail(Fault::input, (folder / "config.json").string() + " is not a JSON object", "fetch the file again");
  }
  return config;
}

// Null where the file is missing.
Status read_optional(const fs::path& file, Json& into) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  Result<Json> json = read_json(file);
  if (!json) return tl::unexpected(json.error());
  into = std::move(*json);
  return {};
}

Status read_template(const fs::path& folder, StoredModel& model) {
  std::error_code ignored;
  if (fs::exists(folder / "chat_template.jinja", ignored)) {
    Result<std::string> text = read_file(folder / "chat_template.jinja");
    if (!text) return tl::unexpected(text.error());
    model.chat_template = std::move(*text);
    model.template_where = "chat_template.jinja";
    return {};
  }
  Json separate;
  if (const Status read = read_optional(folder / "chat_template.json", separate); !read) return read;
  for (const auto& [settings, where] : {std::pair<const Json*, const char*>{&separate, "chat_template.json"},
                                        {&model.tokenizer_config, "tokenizer_config.json"}}) {
    model.chat_template = templates_in(*settings);
    if (model.chat_template.empty()) continue;
    model.template_where = where;
    break;
  }
  return {};
}

// What lies in the folder, by size.
struct Listing {
  std::map<std::string, std::uint64_t> files;
};
Result<Listing> list(const fs::path& folder) {
  Listing listing;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    const bool is_file = entry->is_regular_file(gone);
    const std::uint64_t bytes = is_file && !gone ? entry->file_size(gone) : 0;
    if (is_file && !gone) listing.files.emplace(entry->path().filename().string(), bytes);
  }
  if (error) return tl::unexpected(file_error(folder, "read", error.value()));
  return listing;
}

Result<std::optional<WeightIndex>> read_index(const fs::path& folder, const Listing& listing) {
  if (!listing.files.contains(index_name)) return std::optional<WeightIndex>();
  Result<WeightIndex> index = checkpoint::read_weight_index(folder / index_name);
  if (!index) return tl::unexpected(index.error());
  return std::optional(std::move(*index));
}

std::vector<std::string> weight_files(const Listing& listing) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : listing.files) {
    if (name.starts_with("model") && name.ends_with(".safetensors")) names.push_back(name);
  }
  return names;
}

// names: of the weight files that are there, the shards where no index names them.
void note_shards(const Listing& listing, const std::vector<std::string>& names, const std::optional<WeightIndex>& index,
                 StoredModel& model) {
  if (index) model.index_bytes = index->total_bytes.value_or(0);
  for (const std::string& name : index ? index->shards : names) {
    const auto file = listing.files.find(name);
    const bool present = file != listing.files.end();
    model.shards.push_back({name, present ? file->second : 0, present});
  }
}

using Header = Result<std::vector<TensorInfo>>;
using Headers = std::map<std::string, Header>;

constexpr std::size_t few_files = 32;  // that one thread has read before another has begun

// Many are read by several threads.
Headers read_headers(const fs::path& folder, const std::vector<std::string>& names) {
  constexpr std::size_t most_threads = 8;
  std::vector<Header> read(names.size());
  std::atomic<std::size_t> next = 0;
  const auto read_some = [&] {
    for (std::size_t i = 0; (i = next.fetch_add(1)) < names.size();) {
      read[i] = checkpoint::read_safetensors_header(folder / names[i]);
    }
  };
  const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, most_threads);
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < std::min(cores, names.size() / few_files + 1); ++i) helpers.emplace_back(read_some);
  read_some();
  for (std::thread& helper : helpers) helper.join();
  Headers headers;
  for (std::size_t i = 0; i < names.size(); ++i) headers.emplace(names[i], std::move(read[i]));
  return headers;
}

Status take_headers(const fs::path& folder, Headers headers, StoredModel& model) {
  std::vector<ShardTensors> found;
  for (std::uint32_t i = 0; i < model.shards.size(); ++i) {
    const Shard& shard = model.shards[i];
    if (!shard.present) continue;
    // An index may give its shards any name.
    const auto early = headers.find(shard.name);
    Header header =
        early == headers.end() ? checkpoint::read_safetensors_header(folder / shard.name) : std::move(early->second);
    if (!header) return tl::unexpected(header.error());
    found.push_back({i, std::move(*header)});
  }
  return add_tensors(model, std::move(found));
}

}  // namespace

Result<StoredModel> read_folder(const fs::path& folder) {
  StoredModel model;
  model.place = folder.string();
  Result<Json> config = read_config(folder);
  if (!config) return tl::unexpected(config.error());
  model.config = std::move(*config);
  for (const auto& [name, json] : {std::pair{"generation_config.json", &model.generation_config},
                                   {"tokenizer_config.json", &model.tokenizer_config},
                                   {"special_tokens_map.json", &model.special_tokens}}) {
    if (const Status read = read_optional(folder / name, *json); !read) return tl::unexpected(read.error());
  }
  if (const Status read = read_template(folder, model); !read) return tl::unexpected(read.error());

  const Result<Listing> listing = list(folder);
  if (!listing) return tl::unexpected(listing.error());
  // The index of many shards takes as long to read as their headers: both at once.
  const std::vector<std::string> names = weight_files(*listing);
  auto early = std::async(names.size() > few_files ? std::launch::async : std::launch::deferred,
                          [&] { return read_headers(folder, names); });
  const auto index = read_index(folder, *listing);
  if (!index) return tl::unexpected(index.error());
  note_shards(*listing, names, *index, model);
  note_other_files(listing->files, model);
  if (const Status taken = take_headers(folder, early.get(), model); !taken) return tl::unexpected(taken.error());
  if (*index) {
    if (const Status honest = check_index(**index, folder.string(), model); !honest)
      return tl::unexpected(honest.error());
  }
  return model;
}

}  // namespace portwright::inspect
