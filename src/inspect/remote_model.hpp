// A model on the Hub as two answers of the Hub's worker tell it: `describe` and `headers` (docs/probe-protocol.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "inspect/stored_model.hpp"

namespace portwright::inspect {

// The small files that `describe` is asked for.
[[nodiscard]] const std::vector<std::string>& texts_of_a_model();

// Which shards' headers `headers` is asked for: plain file names, sorted. An index that names a shard elsewhere is
// refused.
[[nodiscard]] Result<std::vector<std::string>> shards_to_ask(const Json& described);

// Nothing that the answers hold is trusted: each file is checked as a local one is.
// headers: what `headers` answers about each shard, by name.
[[nodiscard]] Result<StoredModel> remote_model(const Json& described, const std::map<std::string, Json>& headers);

}  // namespace portwright::inspect
