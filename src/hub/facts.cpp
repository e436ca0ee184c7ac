#include "hub/facts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

#include "base/files.hpp"
#include "hub/json_fields.hpp"

namespace portwright::hub {
namespace {

constexpr std::array<const char*, 3> template_places{"chat_template.jinja", "chat_template.json",
                                                     "tokenizer_config.json"};

// A template, or the default one of several.
std::string template_in(const Json& settings) {
  if (!settings.is_object() || !settings.contains("chat_template")) return {};
  const Json& found = settings.at("chat_template");
  if (found.is_string()) return found.get<std::string>();
  std::string any;
  if (!found.is_array()) return any;
  for (const Json& one : found) {
    std::string text = text_of(one, "template");
    if (text_of(one, "name") == "default") return text;
    if (any.empty()) any = std::move(text);
  }
  return any;
}

std::string chat_template_of(const Json& texts) {
  for (const char* place : template_places) {
    std::string text = text_of(texts, place);
    if (text.empty()) continue;
    if (std::string_view(place).ends_with(".jinja")) return text;
    const auto parsed = parse_json(text, place);
    if (!parsed) continue;
    if (text = template_in(*parsed); !text.empty()) return text;
  }
  return {};
}

bool is_downloaded(const RemoteFile& file) {
  if (file.name.find('/') != std::string::npos) return false;
  return file.name.ends_with(".json") || file.name.ends_with(".safetensors") || file.name.ends_with(".model") ||
         file.name.ends_with(".jinja") || file.name.ends_with(".txt");
}

}  // namespace

bool Facts::has_tag(std::string_view tag) const { return std::ranges::find(tags, tag) != tags.end(); }

std::uint64_t Facts::parameter_count() const {
  return std::accumulate(parameters.begin(), parameters.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

std::uint64_t Examined::download_bytes() const {
  std::uint64_t bytes = 0;
  for (const RemoteFile& file : files) bytes += is_downloaded(file) ? file.bytes : 0;
  return bytes;
}

std::vector<std::string> texts_to_read() {
  std::vector<std::string> names{"config.json"};
  names.insert(names.end(), template_places.begin(), template_places.end());
  return names;
}

Facts facts_of(const Json& answer) {
  Facts facts;
  facts.repo = text_of(answer, "repo");
  facts.author = owner_of(facts.repo);
  facts.commit = text_of(answer, "commit");
  facts.license = text_of(answer, "license");
  facts.created = text_of(answer, "created");
  facts.modified = text_of(answer, "modified");
  facts.library = text_of(answer, "library");
  facts.model_type = text_of(answer, "model_type");
  facts.quantization = text_of(answer, "quantization");
  facts.gated = text_of(answer, "gated");
  facts.relation = text_of(object_of(answer, "base"), "relation");
  facts.bases = texts_of(object_of(answer, "base"), "models");
  facts.tags = texts_of(answer, "tags");
  facts.architectures = texts_of(answer, "architectures");
  for (const auto& [dtype, count] : object_of(answer, "parameters").items()) {
    if (count.is_number_unsigned()) facts.parameters[dtype] = count.get<std::uint64_t>();
  }
  if (answer.contains("downloads") && answer.at("downloads").is_number_unsigned()) {
    facts.downloads = answer.at("downloads").get<std::uint64_t>();
  }
  facts.disabled = flag_of(answer, "disabled");
  return facts;
}

Examined examined(const Json& answer) {
  Examined result{.facts = facts_of(answer),
                  .files = {},
                  .config = nullptr,
                  .config_unread = text_of(object_of(answer, "unread"), "config.json"),
                  .chat_template = chat_template_of(object_of(answer, "texts")),
                  .texts_read = object_of(answer, "unread").empty()};
  for (const Json& file : array_of(answer, "files")) {
    result.files.push_back({text_of(file, "name"), count_of(file, "bytes"), text_of(file, "sha256")});
  }
  const std::string text = text_of(object_of(answer, "texts"), "config.json");
  if (text.empty()) {
    if (result.config_unread.empty()) result.config_unread = "it has no config.json";
    return result;
  }
  auto parsed = parse_json(text, result.facts.repo + "/config.json");
  if (parsed && parsed->is_object()) {
    result.config = std::move(*parsed);
  } else {
    result.config_unread = parsed ? "its config.json is no object" : parsed.error().sentence;
  }
  return result;
}

std::string owner_of(const std::string& repo) { return repo.substr(0, repo.find('/')); }

std::string name_of(const std::string& repo) {
  const std::size_t slash = repo.find('/');
  return slash == std::string::npos ? repo : repo.substr(slash + 1);
}

std::vector<std::string> name_words(const std::string& repo) {
  std::vector<std::string> words{""};
  for (const char c : name_of(repo)) {
    if (c == '-' || c == '_' || c == '.') {
      words.emplace_back();
    } else {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  std::erase(words, "");
  return words;
}

}  // namespace portwright::hub
