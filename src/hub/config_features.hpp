// What in a config can switch code, as opposed to what only scales or names.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace portwright::hub {

// The config without the keys that switch nothing (a table): names, versions, dtypes, ids of tokens, what training
// alone reads. Keys are sorted, so that equal configs are equal texts.
[[nodiscard]] Json code_config(const Json& config);

// One feature for each remaining key and the kind of its value, and for each relation between two sizes that
// implementations branch on: "tie_word_embeddings true", "sliding_window a number", "layer_types full_attention and
// sliding_attention", "num_key_value_heads < num_attention_heads". Numbers other than zero are one kind: they scale.
// `all_keys`: the keys of every config that is compared; one that is missing here is a feature as well.
[[nodiscard]] std::set<std::string> features_of(const Json& config, const std::set<std::string>& all_keys);

// The keys of a config that features are made of, nested ones with dots.
[[nodiscard]] std::set<std::string> keys_of(const Json& config);

}  // namespace portwright::hub
