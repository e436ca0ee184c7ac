#include "lint/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <system_error>
#include <thread>

#include "lint/checked_file.hpp"
#include "lint/checkout.hpp"
#include "lint/formatting.hpp"
#include "lint/glob.hpp"

namespace portwright::lint {
namespace {

namespace fs = std::filesystem;

struct Asked {
  fs::path file;
  bool named = false;  // by itself, not as one of a folder
};

// Environments and build outputs hold other people's Python.
bool is_left_out(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with('.') || name == "site-packages" || name == "build" || name == "__pycache__";
}

Status add_folder(const fs::path& folder, std::vector<Asked>& files) {
  std::error_code error;
  std::vector<Asked> found;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if (is_left_out(entry->path())) entry.disable_recursion_pending();
    } else if (entry->path().extension() == ".py" && entry->is_regular_file(ignored)) {
      found.push_back({entry->path(), false});
    }
  }
  if (error) return fail(Fault::input, fmt::format("{} cannot be read: {}", folder.string(), error.message()));
  std::ranges::sort(found, {}, &Asked::file);
  std::ranges::move(found, std::back_inserter(files));
  return {};
}

Result<std::vector<Asked>> asked_files(const std::vector<fs::path>& named) {
  std::vector<Asked> files;
  for (const fs::path& path : named) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      files.push_back({path, true});
    } else if (const auto added = add_folder(path, files); !added) {
      return tl::unexpected<Error>(added.error());
    }
  }
  return files;
}

// Every file, by as many threads as there are processors.
std::vector<std::optional<Result<CheckedFile>>> checked_all(Library& library, const std::vector<Asked>& files,
                                                            const std::vector<const Rule*>& rules) {
  std::vector<std::optional<Result<CheckedFile>>> results(files.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) results[i] = checked(library, files[i].file, rules);
  };
  const std::size_t wanted = std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), files.size());
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < wanted; ++i) {
    try {
      others.emplace_back(work);
    } catch (const std::system_error&) {
      break;  // no more threads to be had: those there do the work
    }
  }
  work();
  others.clear();
  return results;
}

bool is_chosen(const std::vector<const Rule*>& rules, std::string_view id) {
  return std::ranges::find(rules, rule_named(id)) != rules.end();
}

}  // namespace

std::size_t Report::count(Severity severity) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(findings, [&](const Finding& one) { return one.rule->severity == severity; }));
}

bool Report::any_from(Severity severity) const {
  return std::ranges::any_of(findings, [&](const Finding& one) { return one.rule->severity >= severity; });
}

Result<Report> lint(const Settings& settings) {
  const auto rules = chosen_rules(settings.only, settings.skip, settings.least);
  if (!rules) return tl::unexpected<Error>(rules.error());
  const auto files = asked_files(settings.files);
  if (!files) return tl::unexpected<Error>(files.error());

  Library library;
  Report report;
  std::vector<fs::path> ports;
  auto results = checked_all(library, *files, *rules);
  for (std::size_t i = 0; i < files->size(); ++i) {
    Result<CheckedFile>& one = *results[i];
    const auto& [file, named] = (*files)[i];
    if (!one) return tl::unexpected<Error>(one.error());
    if (one->port) {
      ports.push_back(file);
      std::ranges::move(one->findings, std::back_inserter(report.findings));
    } else {
      ++report.others;
      if (named && is_chosen(*rules, "no-port")) {
        report.findings.push_back(
            {rule_named("no-port"), file, 1, 1, "neither Model nor ModelArgs is here: nothing was looked at", "", ""});
      }
    }
  }
  report.ports = ports.size();
  if (is_chosen(*rules, "test-entry")) add_missing_tests(ports, report);
  if (is_chosen(*rules, "shared-file")) add_changed_shared_files(library, ports, report);
  if (settings.format_check && is_chosen(*rules, "format")) {
    if (const auto asked = add_unformatted(ports, settings.python, report); !asked)
      return tl::unexpected<Error>(asked.error());
  }
  return report;
}

Json to_json(const Report& report) {
  Json findings = Json::array();
  for (const Finding& one : report.findings) findings.push_back(to_json(one));
  return {{"schema", "portwright.lint/1"},
          {"ports", report.ports},
          {"others", report.others},
          {"counts",
           {{"error", report.count(Severity::error)},
            {"warning", report.count(Severity::warning)},
            {"note", report.count(Severity::note)}}},
          {"notes", report.notes},
          {"findings", findings}};
}

}  // namespace portwright::lint
