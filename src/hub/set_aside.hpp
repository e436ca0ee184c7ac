// Which repositories of a list are not a type's own, and why: a table of rules over what the Hub says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hub/facts.hpp"
#include "hub/publishers.hpp"

namespace portwright::hub {

// What a judgement stands on, from firm to weak.
enum class Ground { declared, files, name, inferred };
[[nodiscard]] std::string_view name(Ground ground);  // "declared", "by its files", "by its name", "inferred"

struct SetAside {
  std::string repo;
  std::string kind;  // "quantization", "adapter", "fine-tune", "merge", "mirror", "other format", …
  std::string why;   // one clause: "a quantization of X"
  Ground ground = Ground::declared;
  std::string of;  // the repository it was made from; empty where that is not known
};

// Nothing where it may be one of the type's own.
[[nodiscard]] std::optional<SetAside> set_aside(const Facts& model, const std::string& model_type,
                                                const Publishers& publishers);

// Repositories whose weights have the hashes of another's. The original is the one whose owner others build on most,
// then the older one, then the more downloaded one.
[[nodiscard]] std::vector<SetAside> mirrors(const std::vector<Examined>& models, const Publishers& publishers);

}  // namespace portwright::hub
