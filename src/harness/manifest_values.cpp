#include "harness/manifest_values.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "checkpoint/model_name.hpp"

namespace portwright::harness {
namespace {

constexpr std::string_view letters_and_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t longest_line = 4096;

bool made_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

bool word_of(std::string_view text, std::string_view further) {
  return made_of(text, std::string(letters_and_digits) + std::string(further));
}

bool has_control(std::string_view text, std::string_view but) {
  return std::ranges::any_of(text, [but](char c) {
    return std::iscntrl(static_cast<unsigned char>(c)) != 0 && but.find(c) == std::string_view::npos;
  });
}

bool climbs(std::string_view text) {
  const std::filesystem::path path(text);
  return std::ranges::any_of(path, [](const std::filesystem::path& part) { return part == ".."; });
}

// What a program would take for one of its options.
bool is_option(std::string_view text) { return text.starts_with('-'); }

}  // namespace

Refused refused_line(const std::string& text) {
  if (text.empty()) return "it is empty";
  if (text.size() > longest_line) return "it is too long";
  return has_control(text, "") ? "it has a line break or another control character in it" : "";
}

Refused refused_text(const std::string& text) {
  return has_control(text, "\n\t\r") ? "it has a control character in it" : "";
}

Refused refused_model(const std::string& text) {
  if (Refused line = refused_line(text); !line.empty()) return line;
  if (climbs(text)) return "it climbs with '..'";
  if (is_option(text)) return "it begins with '-'";
  if (text.starts_with('/') || text.starts_with("./")) return {};
  const auto model = checkpoint::parse_model_name(text);
  if (!model) return model.error().sentence;
  return model->revision.empty() ? "" : refused_revision(model->revision);
}

Refused refused_type_name(const std::string& text) {
  return word_of(text, "_-.") && std::isalnum(static_cast<unsigned char>(text.front())) != 0 ? ""
                                                                                             : "it is no model type";
}

Refused refused_revision(const std::string& text) {
  const bool fine = word_of(text, "_-./+") && !is_option(text) && !climbs(text) && !text.starts_with('/');
  return fine && text.size() < 256 ? "" : "it is no branch, tag or commit";
}

Refused refused_repository(const std::string& text) {
  const std::size_t slash = text.find('/');
  const bool fine = slash != std::string::npos && word_of(text.substr(0, slash), "-_.") && !climbs(text) &&
                    word_of(text.substr(slash + 1), "-_.") && !is_option(text);
  return fine ? "" : "it is not OWNER/NAME";
}

Refused refused_url(const std::string& text) {
  if (Refused line = refused_line(text); !line.empty()) return line;
  // git runs a program of the address's choice for "ext::…".
  if (is_option(text) || text.find("::") != std::string::npos) return "git does more than fetch from such an address";
  return {};
}

Refused refused_path(const std::string& text) {
  if (Refused line = refused_line(text); !line.empty()) return line;
  if (is_option(text)) return "it begins with '-'";
  return climbs(text) ? "it climbs with '..'" : "";
}

Refused refused_beside(const std::string& text) {
  if (Refused path = refused_path(text); !path.empty()) return path;
  return text.starts_with('/') ? "it does not lie beside the manifest" : "";
}

Refused refused_commit(const std::string& text) {
  return made_of(text, hex_digits) && text.size() >= 7 && text.size() <= 64 ? ""
                                                                            : "it is not 7 to 64 hexadecimal digits";
}

Refused refused_sha256(const std::string& text) {
  return made_of(text, hex_digits) && text.size() == 64 ? "" : "it is not 64 hexadecimal digits";
}

Refused refused_version(const std::string& text) {
  return word_of(text, ".+!-_") && text.size() < 100 && !is_option(text) ? "" : "it is no version";
}

Refused refused_requirement(const std::string& text) {
  if (Refused line = refused_line(text); !line.empty()) return line;
  return std::isalnum(static_cast<unsigned char>(text.front())) != 0 ? "" : "it does not begin with a package's name";
}

Refused refused_glob(const std::string& text) {
  return word_of(text, "._*?[]-!") && text.size() < 100 ? "" : "it is no glob over check ids";
}

}  // namespace portwright::harness
