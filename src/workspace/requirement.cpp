#include "workspace/requirement.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "workspace/distributions.hpp"

namespace portwright::workspace {
namespace {

using Release = std::vector<int>;

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// The numbers of "2.13.0+cpu"; nothing for what is no plain release.
std::optional<Release> release_of(std::string_view version) {
  version = version.substr(0, version.find('+'));
  Release release;
  while (true) {
    int number = 0;
    const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), number);
    if (error != std::errc{}) return std::nullopt;
    release.push_back(number);
    version.remove_prefix(static_cast<std::size_t>(end - version.data()));
    if (version.empty()) return release;
    if (version.front() != '.') return std::nullopt;
    version.remove_prefix(1);
  }
}

// Below, equal or above as numbers, 2.0 being 2.0.0.
int compared(Release one, Release other) {
  const std::size_t length = std::max(one.size(), other.size());
  one.resize(length);
  other.resize(length);
  return one < other ? -1 : one == other ? 0 : 1;
}

bool begins_with(Release version, const Release& prefix) {
  version.resize(std::max(version.size(), prefix.size()));
  return std::equal(prefix.begin(), prefix.end(), version.begin());
}

std::optional<bool> fits(const Release& version, std::string_view bound) {
  constexpr std::array<std::string_view, 7> operators{"==", "!=", ">=", "<=", "~=", ">", "<"};
  const auto* const found =
      std::ranges::find_if(operators, [bound](std::string_view one) { return bound.starts_with(one); });
  if (found == operators.end()) return std::nullopt;
  const std::string_view relation = *found;
  std::string_view text = without_blanks(bound.substr(relation.size()));
  const bool any_below = text.ends_with(".*");
  if (any_below) text.remove_suffix(2);
  const auto wanted = release_of(text);
  if (!wanted) return std::nullopt;
  const int order = compared(version, *wanted);
  if (relation == "==") return any_below ? begins_with(version, *wanted) : order == 0;
  if (relation == "!=") return any_below ? !begins_with(version, *wanted) : order != 0;
  if (relation == ">=") return order >= 0;
  if (relation == "<=") return order <= 0;
  if (relation == ">") return order > 0;
  if (relation == "<") return order < 0;
  return order >= 0 && wanted->size() > 1 && begins_with(version, Release(wanted->begin(), wanted->end() - 1));
}

}  // namespace

std::optional<Requirement> parse_requirement(std::string_view text) {
  const std::size_t semicolon = text.find(';');
  Requirement requirement;
  if (semicolon != std::string_view::npos) requirement.marker = without_blanks(text.substr(semicolon + 1));
  text = without_blanks(text.substr(0, semicolon));
  const auto in_name = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  const auto* const end = std::find_if_not(text.begin(), text.end(), in_name);
  requirement.name = normalised_name(std::string_view(text.begin(), static_cast<std::size_t>(end - text.begin())));
  if (requirement.name.empty()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  text = without_blanks(text);
  if (text.starts_with('[')) text = without_blanks(text.substr(std::min(text.find(']'), text.size() - 1) + 1));
  if (text.starts_with('@')) return requirement;
  if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    requirement.bounds.emplace_back(without_blanks(text.substr(0, comma)));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return requirement;
}

std::optional<bool> Requirement::satisfied_by(std::string_view version) const {
  const auto release = release_of(version);
  if (!release) return std::nullopt;
  bool all = true;
  for (const std::string& bound : bounds) {
    const auto one = fits(*release, bound);
    if (!one) return std::nullopt;
    all = all && *one;
  }
  return all;
}

}  // namespace portwright::workspace
