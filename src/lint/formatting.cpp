#include "lint/formatting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <map>
#include <set>
#include <sstream>

#include "base/files.hpp"
#include "base/process.hpp"
#include "lint/checkout.hpp"

namespace portwright::lint {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds formatter_deadline{120};
constexpr std::array<std::string_view, 2> formatters{"black", "isort"};

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '-')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// The first "1.2" or "1.2.3" in a text.
std::string version_in(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (std::isdigit(static_cast<unsigned char>(text[at])) == 0) continue;
    const std::size_t end = std::min(text.find_first_not_of("0123456789.", at), text.size());
    std::string_view version = text.substr(at, end - at);
    while (version.ends_with('.')) version.remove_suffix(1);
    if (version.find('.') != std::string_view::npos) return std::string(version);
    at = end;
  }
  return "";
}

std::string program_of(std::string_view formatter, const fs::path& python) {
  if (python.empty()) return find_program(std::string(formatter));
  const fs::path beside = python.parent_path() / formatter;
  std::error_code ignored;
  return fs::exists(beside, ignored) ? beside.string() : "";
}

struct Ready {
  std::vector<std::string> command;
  std::string why_not;  // empty: it can be asked
};

Result<Ready> ready(std::string_view formatter, const Hook& hook, const fs::path& python) {
  const std::string program = program_of(formatter, python);
  const std::string wanted = hook.version.empty() ? "" : "==" + hook.version;
  if (program.empty()) {
    return Ready{{}, fmt::format("{0} was not asked: it is not there (pip install {0}{1})", formatter, wanted)};
  }
  const auto told = run_command({program, "--version"}, formatter_deadline);
  if (!told && told.error().fault == Fault::interrupted) return tl::unexpected<Error>(told.error());
  const std::string version = told ? version_in(told->output) : "";
  if (!hook.version.empty() && version != hook.version) {
    return Ready{{},
                 fmt::format("{0} was not asked: it is {2}, and upstream pins {3} (pip install {0}{1})", formatter,
                             wanted, version.empty() ? "of an unknown version" : version, hook.version)};
  }
  std::vector<std::string> command{program};
  command.insert(command.end(), hook.words.begin(), hook.words.end());
  if (hook.version.empty() && formatter == "isort") command.emplace_back("--profile=black");
  command.insert(command.end(), {"--diff", "--quiet"});
  return Ready{std::move(command), ""};
}

// The line of the file that a unified diff changes first; 0 where it changes none.
int first_changed_line(std::string_view patch) {
  std::istringstream lines{std::string(patch)};
  int line = 0;
  for (std::string text; std::getline(lines, text);) {
    if (text.starts_with("@@ -")) {
      std::from_chars(text.data() + 4, text.data() + text.size(), line);
    } else if (line > 0 && (text.starts_with('-') || text.starts_with('+'))) {
      return line;
    } else if (line > 0) {
      ++line;
    }
  }
  return 0;
}

Status ask(const Ready& formatter, std::string_view name, const fs::path& port, Report& report) {
  std::vector<std::string> command = formatter.command;
  command.push_back(fs::absolute(port).string());
  const auto done = run_command(command, formatter_deadline);
  if (!done && done.error().fault == Fault::interrupted) return tl::unexpected<Error>(done.error());
  if (!done || (done->status != 0 && done->output.empty())) {
    report.notes.push_back(fmt::format("{} could not read {}", name, port.string()));
  } else if (const int line = first_changed_line(done->output); line > 0) {
    report.findings.push_back(
        {rule_named("format"), port, line, 1, fmt::format("{} would change this", name),
         fmt::format("{} {}", name == "isort" ? "isort --profile black" : std::string(name), port.string()), ""});
  }
  return {};
}

}  // namespace

Hook pinned_hook(std::string_view config, std::string_view id) {
  std::istringstream lines{std::string(config)};
  std::string version;
  Hook hook;
  bool here = false;
  for (std::string text; std::getline(lines, text);) {
    const std::string_view line = without_blanks(text);
    if (line.starts_with("rev:")) version = version_in(line);
    if (line.starts_with("repo:")) version.clear();
    if (line.starts_with("id:") || line.starts_with("repo:")) {
      here = without_blanks(line.substr(line.find(':') + 1)) == id;
      if (here) hook.version = version;
    } else if (here) {
      const std::size_t word = text.find("--");
      if (word != std::string::npos)
        hook.words.emplace_back(text.substr(word, text.find_first_of(" ,]\"'", word) - word));
    }
  }
  return hook;
}

Status add_unformatted(const std::vector<fs::path>& ports, const fs::path& python, Report& report) {
  std::map<fs::path, std::array<Ready, formatters.size()>> ready_in;
  std::set<std::string> told;
  for (const fs::path& port : ports) {
    const fs::path root = checkout_of(port);
    const auto [known, fresh] = ready_in.try_emplace(root);
    for (std::size_t i = 0; i < formatters.size(); ++i) {
      Ready& formatter = known->second.at(i);
      if (fresh) {
        const std::string config = root.empty() ? "" : read_file(root / ".pre-commit-config.yaml").value_or("");
        auto made = ready(formatters.at(i), pinned_hook(config, formatters.at(i)), python);
        if (!made) return tl::unexpected<Error>(made.error());
        formatter = *std::move(made);
        if (!formatter.why_not.empty() && told.insert(formatter.why_not).second)
          report.notes.push_back(formatter.why_not);
      }
      if (!formatter.why_not.empty()) continue;
      if (const auto asked = ask(formatter, formatters.at(i), port, report); !asked) return asked;
    }
  }
  return {};
}

}  // namespace portwright::lint
