// The sandbox a stranger's port runs in: bubblewrap, no network, a read-only view, a private temporary folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace portwright::workspace {

struct Sandbox {
  bool available = false;
  std::string description;  // for the record: "bubblewrap 0.8.0: no network, read-only view, private /tmp"; or why not
};

// Looks for bwrap and tries it once (a container may forbid namespaces).
[[nodiscard]] Sandbox find_sandbox();

// The words before a command. `writable` folders stay writable; `hidden` ones (the user's keys, beside those that are
// always hidden) are empty inside. The rest of the system can be read, but for /tmp and /run: what is needed from there
// (an interpreter's environment, a checkpoint) is named in `readable`. Pipes that are open stay open. Variables that
// hold secrets, judged by their names, are removed.
[[nodiscard]] std::vector<std::string> sandbox_words(const std::vector<std::filesystem::path>& writable,
                                                     const std::vector<std::filesystem::path>& hidden,
                                                     const std::vector<std::filesystem::path>& readable = {});

[[nodiscard]] bool is_secret_variable(std::string_view name);

}  // namespace portwright::workspace
