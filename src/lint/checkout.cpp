#include "lint/checkout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <map>
#include <set>
#include <sstream>

#include "base/files.hpp"
#include "base/process.hpp"
#include "lint/port.hpp"
#include "lint/queries.hpp"

namespace portwright::lint {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds git_deadline{20};

struct Changed {
  std::string path;  // below the checkout
  int line = 1;      // of the first change
};

// Nothing where git fails. Hooks, monitors and filters that the repository names are left out.
Result<std::string> git(const fs::path& root, const std::vector<std::string>& words) {
  std::vector<std::string> command{
      "git", "-c",         "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks",
      "-C",  root.string()};
  command.insert(command.end(), words.begin(), words.end());
  auto done = run_command(command, git_deadline, {{"GIT_TERMINAL_PROMPT", "0"}, {"LC_ALL", "C"}});
  if (!done) return tl::unexpected<Error>(done.error());
  if (done->status != 0) return fail(Fault::environment, fmt::format("git {} failed: {}", words.front(), done->errors));
  return std::move(done->output);
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Where the branch left upstream, as far as the repository knows; else its last commit.
std::string base_of(const fs::path& root) {
  for (const char* upstream : {"upstream/main", "origin/main", "main"}) {
    if (const auto base = git(root, {"merge-base", "HEAD", upstream})) return trimmed(*base);
  }
  return "HEAD";
}

Result<std::string> diff(const fs::path& root, const std::string& base, std::initializer_list<std::string> words) {
  std::vector<std::string> all{"diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"};
  all.insert(all.end(), words);
  all.push_back(base);
  all.insert(all.end(), {"--", "mlx_lm"});
  return git(root, all);
}

// "@@ -3,2 +5,7 @@": 5.
int line_of_hunk(std::string_view hunk) {
  const std::size_t at = hunk.find('+');
  int line = 1;
  if (at != std::string_view::npos) std::from_chars(hunk.data() + at + 1, hunk.data() + hunk.size(), line);
  return std::max(1, line);
}

// `+    "new_type": "llama",`
bool is_remapping(std::string_view line) {
  line.remove_prefix(1);
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.starts_with('"') && holds(line, "\": \"") && (line.ends_with("\",") || line.ends_with('"'));
}

std::vector<Changed> changed_files(std::string_view patch) {
  std::vector<Changed> found;
  bool only_remapping = true;
  bool is_new = false;
  const auto end_file = [&] {
    if (!found.empty() && (is_new || (found.back().path == "mlx_lm/utils.py" && only_remapping))) found.pop_back();
  };
  std::istringstream lines{std::string(patch)};
  bool in_hunk = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("diff --git ")) {
      end_file();
      const std::size_t at = line.rfind(" b/");
      found.push_back({at == std::string::npos ? "" : line.substr(at + 3), 0});
      only_remapping = true;
      is_new = false;
      in_hunk = false;
    } else if (line.starts_with("new file mode")) {
      is_new = true;
    } else if (line.starts_with("@@") && !found.empty()) {
      in_hunk = true;
      if (found.back().line == 0) found.back().line = line_of_hunk(line);
    } else if (in_hunk && (line.starts_with('+') || line.starts_with('-'))) {
      only_remapping = only_remapping && line.starts_with('+') && is_remapping(line);
    }
  }
  end_file();
  return found;
}

// The other ports that import a module of mlx_lm/models.
std::vector<std::string> users_of(Library& library, const fs::path& models, const std::string& module,
                                  const std::set<fs::path>& ports) {
  std::vector<std::string> users;
  std::error_code error;
  for (fs::directory_iterator file(models, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() != ".py" || ports.contains(file->path())) continue;
    const auto port = library.open(file->path());
    if (!port || !(*port)->gives("Model")) continue;
    const bool imports = std::ranges::any_of((*port)->imports(), [&](const ImportedName& import) {
      return import.module == "." + module || (import.module == "." && import.name == module);
    });
    if (imports) users.push_back((*port)->name());
  }
  std::ranges::sort(users);
  return users;
}

std::string sentence_of(Library& library, const fs::path& root, const Changed& changed,
                        const std::set<fs::path>& ports) {
  const fs::path file = root / changed.path;
  if (file.parent_path() != root / "mlx_lm" / "models") return "changed, and every model runs through it";
  const auto users = users_of(library, file.parent_path(), file.stem().string(), ports);
  if (users.empty()) return "changed, and it is none of the ports asked about";
  return fmt::format("changed, and {} other port{} import{} it: {}", users.size(), users.size() == 1 ? "" : "s",
                     users.size() == 1 ? "s" : "", listed(users));
}

bool mentions(std::string_view text, std::string_view word) {
  const auto is_letter = [](char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
  };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]))) return true;
  }
  return false;
}

}  // namespace

fs::path checkout_of(const fs::path& port) {
  std::error_code ignored;
  const fs::path models = fs::weakly_canonical(port, ignored).parent_path();
  const fs::path root = models.parent_path().parent_path();
  if (models.filename() != "models" || models.parent_path().filename() != "mlx_lm") return {};
  return fs::exists(root / ".git", ignored) ? root : fs::path();
}

void add_missing_tests(const std::vector<fs::path>& ports, Report& report) {
  std::map<fs::path, std::string> tests;
  for (const fs::path& port : ports) {
    const fs::path root = checkout_of(port);
    if (root.empty()) continue;
    const auto [known, fresh] = tests.try_emplace(root);
    if (fresh) known->second = read_file(root / "tests" / "test_models.py").value_or("");
    if (known->second.empty() || mentions(known->second, port.stem().string())) continue;
    report.findings.push_back({rule_named("test-entry"), port, 1, 1,
                               fmt::format("tests/test_models.py does not name {}", port.stem().string()),
                               "add a tiny config to test_all_models", ""});
  }
}

void add_changed_shared_files(Library& library, const std::vector<fs::path>& ports, Report& report) {
  std::set<fs::path> roots;
  std::set<fs::path> own;
  for (const fs::path& port : ports) {
    std::error_code ignored;
    own.insert(fs::weakly_canonical(port, ignored));
    if (const fs::path root = checkout_of(port); !root.empty()) roots.insert(root);
  }
  for (const fs::path& root : roots) {
    const auto patch = diff(root, base_of(root), {"-U0"});
    if (!patch) {
      report.notes.push_back(fmt::format("changed shared files were not looked for: {}", patch.error().sentence));
      continue;
    }
    for (const Changed& changed : changed_files(*patch)) {
      if (own.contains(root / changed.path)) continue;
      report.findings.push_back({rule_named("shared-file"), root / changed.path, std::max(1, changed.line), 1,
                                 sentence_of(library, root, changed, own),
                                 fmt::format("git checkout {} -- {}", base_of(root).substr(0, 12), changed.path), ""});
    }
  }
}

}  // namespace portwright::lint
