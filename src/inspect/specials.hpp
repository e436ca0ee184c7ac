// The tokenizer's class and the tokens that begin, end and fill a text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inspect/config_view.hpp"
#include "inspect/stored_model.hpp"

namespace portwright::inspect {

struct SpecialToken {
  std::optional<std::int64_t> id;
  std::string text;   // empty: not told
  std::string where;  // of the id: "generation_config.eos_token_id"
};

struct Specials {
  std::string tokenizer_class;  // empty: not told
  std::vector<std::string> files;
  std::optional<SpecialToken> bos;
  std::vector<SpecialToken> eos;  // all at which generation ends
  std::optional<SpecialToken> pad;
  std::optional<bool> adds_bos;
  std::string disagreement;  // what one file says and another does not; empty: nothing
};
[[nodiscard]] Specials specials(const ConfigView& config, const StoredModel& model);

}  // namespace portwright::inspect
