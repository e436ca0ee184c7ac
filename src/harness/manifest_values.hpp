// What a value of a manifest may be: words of a manifest become arguments of programs, folders and sentences, so each
// is held against what it should look like, before anything is done with it.
#pragma once

#include <string>
#include <string_view>

namespace portwright::harness {

// Why a text is not what is expected there; empty where it is.
using Refused = std::string;

[[nodiscard]] Refused refused_model(const std::string& text);       // MODEL, whether or not a folder is there
[[nodiscard]] Refused refused_type_name(const std::string& text);   // a Python module's name
[[nodiscard]] Refused refused_revision(const std::string& text);    // a branch, tag or commit
[[nodiscard]] Refused refused_repository(const std::string& text);  // OWNER/NAME
[[nodiscard]] Refused refused_url(const std::string& text);         // for git
[[nodiscard]] Refused refused_path(const std::string& text);        // of a file
[[nodiscard]] Refused refused_beside(const std::string& text);      // a path below the manifest's folder
[[nodiscard]] Refused refused_commit(const std::string& text);      // 7 to 64 hexadecimal digits
[[nodiscard]] Refused refused_sha256(const std::string& text);
[[nodiscard]] Refused refused_version(const std::string& text);      // of a package
[[nodiscard]] Refused refused_requirement(const std::string& text);  // of pip
[[nodiscard]] Refused refused_glob(const std::string& text);         // over check ids
[[nodiscard]] Refused refused_line(const std::string& text);         // one line of text
[[nodiscard]] Refused refused_text(const std::string& text);         // lines of text

}  // namespace portwright::harness
