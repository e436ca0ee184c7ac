// The lines of an inspection, one function each: what stands behind the label.
#pragma once

#include <string>

#include "inspect/inspection.hpp"

namespace portwright::inspect {

[[nodiscard]] std::string reference_words(const Inspection& inspection);
[[nodiscard]] std::string parameter_words(const Inspection& inspection);
[[nodiscard]] std::string dtype_words(const Inspection& inspection);
[[nodiscard]] std::string tying_words(const Inspection& inspection);
[[nodiscard]] std::string quantization_words(const Inspection& inspection);
[[nodiscard]] std::string size_words(const Inspection& inspection);
[[nodiscard]] std::string layer_words(const Inspection& inspection);
[[nodiscard]] std::string expert_words(const Inspection& inspection);  // empty: none
[[nodiscard]] std::string context_words(const Inspection& inspection);
[[nodiscard]] std::string rope_line(const Inspection& inspection);
[[nodiscard]] std::string tokenizer_words(const Inspection& inspection);
[[nodiscard]] std::string template_words(const Inspection& inspection);
[[nodiscard]] std::string ignored_words(const Inspection& inspection);
[[nodiscard]] std::string memory_words(const Inspection& inspection);
[[nodiscard]] std::string cache_words(const Inspection& inspection);
[[nodiscard]] std::string disk_words(const Inspection& inspection);
// What a reviewer must not overlook, in a few words each: "MoE", "fp8", "sliding window", "tied", …
[[nodiscard]] std::string special_words(const Inspection& inspection);

}  // namespace portwright::inspect
