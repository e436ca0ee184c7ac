// The sandbox a stranger's port runs in: bubblewrap, no network, a read-only view, a private temporary folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace portwright::workspace {

struct Sandbox {
  bool available = false;
  std::string description;  // for the record: "bubblewrap 0.8.0: no network, read-only view, private /tmp"; or why not
};

// Looks for bwrap and tries it once (a container may forbid namespaces).
[[nodiscard]] Sandbox find_sandbox();

// The words before a command. `writable` folders stay writable; `hidden` ones (the user's keys) are empty inside.
[[nodiscard]] std::vector<std::string> sandbox_words(const std::vector<std::filesystem::path>& writable,
                                                     const std::vector<std::filesystem::path>& hidden);

}  // namespace portwright::workspace
