#include "hub/set_aside.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>

namespace portwright::hub {
namespace {

struct Finding {
  std::string why;
  Ground ground = Ground::declared;
};

struct Question {
  const Facts& model;
  const std::string& model_type;
  const Publishers& publishers;
  std::string of;  // its first declared base
};

struct Rule {
  std::string_view kind;
  std::optional<Finding> (*find)(const Question& question);
};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::ranges::find(words, word) != words.end();
}

std::string of_words(const Question& question) { return question.of.empty() ? "" : " of " + question.of; }

// How names say that the weights are packed. A number of bits alone may be part of a model's own name.
constexpr std::array<std::string_view, 16> packed_words{"awq",  "gptq", "fp8",  "fp4",  "nvfp4", "mxfp4",
                                                        "int4", "int8", "bnb",  "4bit", "8bit",  "gguf",
                                                        "mlx",  "exl2", "exl3", "w4a16"};
// Libraries whose files transformers does not read as they are.
constexpr std::array<std::string_view, 10> other_libraries{
    "gguf", "mlx", "onnx", "openvino", "coreml", "litert-lm", "tflite", "ctranslate2", "mlc-llm", "exllamav2"};
// Heads of language models, as opposed to classifiers and embedders made from them.
constexpr std::array<std::string_view, 3> language_heads{"ForCausalLM", "ForConditionalGeneration", "LMHeadModel"};

std::optional<Finding> find_disabled(const Question& question) {
  if (!question.model.disabled) return std::nullopt;
  return Finding{"the Hub has disabled it", Ground::declared};
}

std::optional<Finding> find_adapter(const Question& question) {
  if (question.model.relation == "adapter") return Finding{"an adapter" + of_words(question), Ground::declared};
  if (question.model.library == "peft" || question.model.has_tag("peft")) {
    return Finding{"an adapter" + of_words(question) + " (library peft)", Ground::declared};
  }
  if (question.model.has_tag("lora")) return Finding{"an adapter (tag lora)", Ground::declared};
  return std::nullopt;
}

std::optional<Finding> find_quantization(const Question& question) {
  const Facts& model = question.model;
  const std::string method = model.quantization.empty() ? "" : fmt::format(" ({})", model.quantization);
  if (model.relation == "quantized") {
    return Finding{fmt::format("a quantization{}{}", of_words(question), method), Ground::declared};
  }
  if (!model.quantization.empty() && !question.of.empty()) {
    return Finding{fmt::format("{} with quantized weights{}", question.of, method), Ground::declared};
  }
  for (const std::string& word : name_words(model.repo)) {
    if (is_one_of(word, packed_words)) return Finding{fmt::format("a quantization ('{}')", word), Ground::name};
  }
  return std::nullopt;
}

std::optional<Finding> find_other_format(const Question& question) {
  const Facts& model = question.model;
  if (is_one_of(model.library, other_libraries)) {
    return Finding{fmt::format("files for {}{}", model.library, of_words(question)), Ground::declared};
  }
  if (!model.library.empty()) return std::nullopt;
  for (const std::string_view library : other_libraries) {
    if (model.has_tag(library)) return Finding{fmt::format("files for {}", library), Ground::declared};
  }
  return std::nullopt;
}

std::optional<Finding> find_merge(const Question& question) {
  if (question.model.relation != "merge") return std::nullopt;
  return Finding{"a merge" + of_words(question) + " and others", Ground::declared};
}

std::optional<Finding> find_fine_tune(const Question& question) {
  if (question.of.empty() || owner_of(question.of) == question.model.author) return std::nullopt;
  return Finding{fmt::format("made from {} by another owner", question.of), Ground::declared};
}

std::optional<Finding> find_other_type(const Question& question) {
  const std::string& type = question.model.model_type;
  if (type == question.model_type) return std::nullopt;
  if (!type.empty()) return Finding{fmt::format("its config says model_type {}", type), Ground::declared};
  return Finding{"the Hub knows no model_type of it", Ground::inferred};
}

std::optional<Finding> find_other_head(const Question& question) {
  const auto& architectures = question.model.architectures;
  if (architectures.empty()) return std::nullopt;
  for (const std::string_view head : language_heads) {
    if (architectures.front().ends_with(head)) return std::nullopt;
  }
  return Finding{fmt::format("another head: {}", architectures.front()), Ground::declared};
}

std::optional<Finding> find_undeclared(const Question& question) {
  if (question.publishers.contains(question.model.author)) return std::nullopt;
  return Finding{"it declares no base, and nothing listed builds on its owner's", Ground::inferred};
}

// The first that fits says why.
constexpr std::array rules{
    Rule{"disabled", find_disabled},
    Rule{"adapter", find_adapter},
    Rule{"quantization", find_quantization},
    Rule{"other format", find_other_format},
    Rule{"merge", find_merge},
    Rule{"fine-tune", find_fine_tune},
    Rule{"other type", find_other_type},
    Rule{"other head", find_other_head},
    Rule{"undeclared", find_undeclared},
};

// The hashes of the weights; empty where there are none to compare.
std::string weights_of(const Examined& model) {
  std::vector<std::string> hashes;
  for (const RemoteFile& file : model.files) {
    const bool weights = file.name.ends_with(".safetensors") || file.name.ends_with(".bin");
    if (weights && !file.sha256.empty() && file.name.find('/') == std::string::npos) hashes.push_back(file.sha256);
  }
  std::ranges::sort(hashes);
  return fmt::format("{}", fmt::join(hashes, " "));
}

}  // namespace

std::string_view name(Ground ground) {
  constexpr std::array<std::string_view, 4> names{"declared", "by its files", "by its name", "inferred"};
  return names[static_cast<std::size_t>(ground)];
}

std::optional<SetAside> set_aside(const Facts& model, const std::string& model_type, const Publishers& publishers) {
  const Question question{model, model_type, publishers, model.bases.empty() ? "" : model.bases.front()};
  for (const Rule& rule : rules) {
    if (auto found = rule.find(question)) {
      return SetAside{model.repo, std::string(rule.kind), std::move(found->why), found->ground, question.of};
    }
  }
  return std::nullopt;
}

std::vector<SetAside> mirrors(const std::vector<Examined>& models, const Publishers& publishers) {
  const auto more_original = [&](const Examined* one, const Examined* other) {
    const auto rank = [&](const Examined& model) {
      // A repository that says what it was made from is not where its weights come from.
      return std::tuple(!model.facts.bases.empty() && owner_of(model.facts.bases.front()) != model.facts.author,
                        ~publishers.built_on(model.facts.author), model.facts.created,
                        ~model.facts.downloads.value_or(0), model.facts.repo);
    };
    return rank(*one) < rank(*other);
  };
  std::map<std::string, std::vector<const Examined*>> by_weights;
  for (const Examined& model : models) {
    if (const std::string weights = weights_of(model); !weights.empty()) by_weights[weights].push_back(&model);
  }
  std::vector<SetAside> found;
  for (auto& [weights, same] : by_weights) {
    std::ranges::sort(same, more_original);
    for (std::size_t i = 1; i < same.size(); ++i) {
      const std::string& original = same.front()->facts.repo;
      found.push_back(
          {same[i]->facts.repo, "mirror", fmt::format("the same weights as {}", original), Ground::files, original});
    }
  }
  return found;
}

}  // namespace portwright::hub
