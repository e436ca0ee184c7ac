#include "inspect/remote_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/files.hpp"
#include "checkpoint/weight_index.hpp"
#include "inspect/config_view.hpp"

namespace portwright::inspect {
namespace {

using checkpoint::WeightIndex;

constexpr const char* index_file = "model.safetensors.index.json";

std::string origin_of(const Json& described, const std::string& name) {
  return string_member(described, "repo") + "/" + name;
}

// Sizes by name, of files that lie in no folder.
std::map<std::string, std::uint64_t> files_of(const Json& described) {
  std::map<std::string, std::uint64_t> files;
  const Json* list = member(described, "files");
  if (list == nullptr || !list->is_array()) return files;
  for (const Json& file : *list) {
    const std::string name = string_member(file, "name");
    const auto bytes = number_member(file, "bytes");
    if (name.find('/') == std::string::npos)
      files.emplace(name, bytes && *bytes > 0 ? static_cast<std::uint64_t>(*bytes) : 0);
  }
  return files;
}

// Null where the repository has no such file.
Result<const std::string*> text_of(const Json& described, const std::string& name) {
  const Json* texts = member(described, "texts");
  const Json* text = texts == nullptr ? nullptr : member(*texts, name);
  if (text != nullptr && text->is_string()) return text->get_ptr<const std::string*>();
  const Json* unread = member(described, "unread");
  if (unread == nullptr || string_member(*unread, name).empty()) return nullptr;
  return fail(Fault::input, string_member(*unread, name));
}

// Null where the repository has no such file.
Result<Json> parsed(const Json& described, const std::string& name) {
  const Result<const std::string*> text = text_of(described, name);
  if (!text) return tl::unexpected(text.error());
  if (*text == nullptr) return Json(nullptr);
  return parse_json(**text, origin_of(described, name));
}

Result<std::optional<WeightIndex>> index_of(const Json& described) {
  const Result<const std::string*> text = text_of(described, index_file);
  if (!text) return tl::unexpected(text.error());
  if (*text == nullptr) return std::optional<WeightIndex>();
  auto index = checkpoint::weight_index(**text, origin_of(described, index_file));
  if (!index) return tl::unexpected(index.error());
  return std::optional(std::move(*index));
}

std::vector<std::string> shard_names(const std::map<std::string, std::uint64_t>& files,
                                     const std::optional<WeightIndex>& index) {
  if (index) return index->shards;
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files) {
    if (name.starts_with("model") && name.ends_with(".safetensors")) names.push_back(name);
  }
  return names;
}

Status read_texts(const Json& described, StoredModel& model) {
  for (const auto& [name, into] : {std::pair{"config.json", &model.config},
                                   {"generation_config.json", &model.generation_config},
                                   {"tokenizer_config.json", &model.tokenizer_config},
                                   {"special_tokens_map.json", &model.special_tokens}}) {
    Result<Json> json = parsed(described, name);
    if (!json) return tl::unexpected(json.error());
    *into = std::move(*json);
  }
  if (!model.config.is_object()) {
    return fail(Fault::input,
                model.place + (model.config.is_null() ? " has no config.json" : "/config.json is not a JSON object"),
                "name a repository with a checkpoint in transformers' layout");
  }
  const Json* texts = member(described, "texts");
  model.chat_template = texts == nullptr ? "" : string_member(*texts, "chat_template.jinja");
  model.template_where = model.chat_template.empty() ? "" : "chat_template.jinja";
  const Result<Json> separate = parsed(described, "chat_template.json");
  if (!separate) return tl::unexpected(separate.error());
  for (const auto& [settings, where] : {std::pair<const Json*, const char*>{&*separate, "chat_template.json"},
                                        {&model.tokenizer_config, "tokenizer_config.json"}}) {
    if (!model.chat_template.empty()) break;
    model.chat_template = templates_in(*settings);
    model.template_where = model.chat_template.empty() ? "" : where;
  }
  return {};
}

Status read_headers(const std::map<std::string, Json>& headers, StoredModel& model) {
  std::vector<ShardTensors> found;
  for (std::uint32_t i = 0; i < model.shards.size(); ++i) {
    Shard& shard = model.shards[i];
    const auto entry = headers.find(shard.name);
    shard.present = entry != headers.end();
    if (!shard.present) continue;
    const double begin = number_member(entry->second, "data_begin").value_or(0);
    const double bytes = number_member(entry->second, "bytes").value_or(0);
    if (begin < 0 || bytes < begin || bytes > 1e18) {
      return fail(Fault::worker, "the Hub's worker gave sizes that cannot be of " + shard.name);
    }
    shard.bytes = static_cast<std::uint64_t>(bytes);
    shard.data_begin = static_cast<std::uint64_t>(begin);
    auto tensors = checkpoint::parse_safetensors_header(string_member(entry->second, "text"),
                                                        model.place + "/" + shard.name, shard.bytes - shard.data_begin);
    if (!tensors) return tl::unexpected(tensors.error());
    found.push_back({i, std::move(*tensors)});
  }
  return add_tensors(model, std::move(found));
}

}  // namespace

const std::vector<std::string>& texts_of_a_model() {
  static const std::vector<std::string> names{"config.json",
                                              "generation_config.json",
                                              "tokenizer_config.json",
                                              "special_tokens_map.json",
                                              "chat_template.jinja",
                                              "chat_template.json",
                                              index_file};
  return names;
}

Result<std::vector<std::string>> shards_to_ask(const Json& described) {
  const auto files = files_of(described);
  const auto index = index_of(described);
  if (!index) return tl::unexpected(index.error());
  std::vector<std::string> names = shard_names(files, *index);
  std::erase_if(names, [&](const std::string& name) { return !files.contains(name); });
  return names;
}

Result<StoredModel> remote_model(const Json& described, const std::map<std::string, Json>& headers) {
  StoredModel model;
  model.place = string_member(described, "repo");
  model.revision = string_member(described, "commit");
  model.remote = true;
  model.cache_only = string_member(described, "source") == "cache";
  if (const Status read = read_texts(described, model); !read) return tl::unexpected(read.error());
  const auto files = files_of(described);
  const auto index = index_of(described);
  if (!index) return tl::unexpected(index.error());
  if (*index) model.index_bytes = (*index)->total_bytes.value_or(0);
  for (const std::string& name : shard_names(files, *index)) {
    const auto file = files.find(name);
    model.shards.push_back({name, file == files.end() ? 0 : file->second, false});
  }
  note_other_files(files, model);
  if (const Status read = read_headers(headers, model); !read) return tl::unexpected(read.error());
  if (*index) {
    if (const Status honest = check_index(**index, model.place, model); !honest) return tl::unexpected(honest.error());
  }
  return model;
}

}  // namespace portwright::inspect
