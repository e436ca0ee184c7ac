// How a command speaks: results to standard output, everything else to standard error.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace portwright::cli {

void print(std::string_view text);  // to standard output, as it is
void print_json(
    const Json& document);  // to standard output, indented, with a line break; text that is no UTF-8 is mended

// A prefix (spaces are kept) and a text wrapped to the width, its further lines under the first, with a line break.
[[nodiscard]] std::string hanging(std::string_view prefix, std::string_view text, int width);

void print_error(const Error& error);  // to standard error: sentence, detail, remedy

// The document of --json where a command ends with an error: {"error": {"fault", "sentence", "remedy", "detail"}}.
[[nodiscard]] Json error_document(const Error& error);

// An error where standard output could not take everything (a full disk behind a redirection).
[[nodiscard]] Status finish_output();

}  // namespace portwright::cli
