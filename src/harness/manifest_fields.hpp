// Every key of a manifest by its path, and what it means: the words that the writer puts beside it and the names that
// the reader knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portwright::harness {

// The names below a path ("" is the whole manifest, "variants" each item of that list), in the order of the file.
[[nodiscard]] std::vector<std::string> known_names(std::string_view path);

// What the field at a path ("variants.repo_id") means; empty for a path that is none.
[[nodiscard]] std::string_view meaning_of(std::string_view path);

}  // namespace portwright::harness
