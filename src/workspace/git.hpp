// What the git program says of a folder, and checkouts that it makes. The user's settings of git count.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace portwright::workspace {

// Output of git in a folder, trimmed; empty where it is no checkout, git is not there or the question fails.
[[nodiscard]] std::string git_answer(const std::filesystem::path& folder, std::vector<std::string> words);

struct CheckoutState {
  std::string commit;  // 40 or 64 hexadecimal digits; empty: no checkout
  bool dirty = false;  // tracked files differ from the commit
  bool operator==(const CheckoutState&) const = default;
};
[[nodiscard]] CheckoutState checkout_state(const std::filesystem::path& folder);

// Where a checkout was cloned from, without a name or password in it; empty where it is not known.
[[nodiscard]] std::string checkout_origin(const std::filesystem::path& folder);

// `folder` becomes a checkout of `url` at `ref` (branch, tag or commit; empty: the default branch). One that is there
// already is fetched into, unless its files were changed or it is another repository's: that is an error.
[[nodiscard]] Status check_out(const std::filesystem::path& folder, const std::string& url, const std::string& ref);

}  // namespace portwright::workspace
