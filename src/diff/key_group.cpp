#include "diff/key_group.hpp"

#include <algorithm>
#include <array>

namespace portwright::diff {
namespace {

bool has_word(std::string_view text, const auto& words) {
  return std::ranges::any_of(words, [&](const char* word) { return text.find(word) != std::string_view::npos; });
}

constexpr std::array rope_words{"rope", "rotary", "original_max_position_embeddings"};
constexpr std::array layer_words{"layer_types", "layers_block_type", "sliding_window", "attention_chunk", "_pattern"};
constexpr std::array multiplier_words{"multiplier", "scal", "softcap", "factor"};
constexpr std::array beside_words{"dropout",
                                  "initializer",
                                  "use_cache",
                                  "output_attentions",
                                  "output_hidden_states",
                                  "output_router_logits",
                                  "aux_loss",
                                  "z_loss",
                                  "token_id",
                                  "token_index",
                                  "return_dict",
                                  "problem_type",
                                  "num_labels",
                                  "id2label",
                                  "label2id",
                                  "chunk_size_feed_forward",
                                  "pretraining_tp",
                                  "is_encoder_decoder",
                                  "gradient",
                                  "jitter",
                                  "transformers_version",
                                  "architectures",
                                  "_name_or_path",
                                  "auto_map",
                                  "quantization"};

std::string_view last_name(std::string_view key) { return key.substr(key.rfind('.') + 1); }

}  // namespace

Group group_of_name(const std::string& key) {
  const std::string_view name = last_name(key);
  if (has_word(key, rope_words)) return Group::rope;
  if (has_word(name, layer_words)) return Group::layers;
  if (has_word(name, multiplier_words)) return Group::multipliers;
  return name == "dtype" ? Group::dtype : Group::others;
}

bool is_beside_the_model(const std::string& key) {
  const std::string_view name = last_name(key);
  return name == "model_type" || name == "dtype" || name.starts_with('_') || has_word(key, beside_words);
}

}  // namespace portwright::diff
