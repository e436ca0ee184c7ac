// Facts and looks at repositories for unit tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hub/facts.hpp"

namespace portwright::hub::testing {

// An open repository of the type qwen3 with safetensors weights for transformers.
[[nodiscard]] inline Facts open_model(const std::string& repo, const std::string& base = {},
                                      const std::string& relation = {}) {
  Facts facts;
  facts.repo = repo;
  facts.author = owner_of(repo);
  facts.library = "transformers";
  facts.model_type = "qwen3";
  facts.architectures = {"Qwen3ForCausalLM"};
  facts.tags = {"transformers", "safetensors", "qwen3"};
  facts.downloads = 100;
  if (!base.empty()) facts.bases = {base};
  facts.relation = relation;
  return facts;
}

// The same looked at: readable texts, one file of weights of this hash, no chat template.
[[nodiscard]] inline Examined looked_at(Facts facts, const std::string& hash = "1", Json config = Json::object()) {
  Examined model;
  model.facts = std::move(facts);
  model.files = {{"config.json", 500, ""}, {"model.safetensors", 1000, hash}};
  model.config = std::move(config);
  model.texts_read = true;
  return model;
}

}  // namespace portwright::hub::testing
