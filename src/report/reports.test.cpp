// Every report of every run under tests/data/report, against the text that was looked at and found good.
// PORTWRIGHT_UPDATE_GOLDENS=1 writes the files anew: read the difference before you commit it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "report/render.hpp"
#include "report/reproduce_markdown.hpp"
#include "report/summary_markdown.hpp"
#include "report/terminal_report.hpp"
#include "results/run_folder.hpp"

namespace portwright::report {
namespace {

const std::filesystem::path& examples_folder() {
  static const std::filesystem::path folder = std::filesystem::path(PORTWRIGHT_SOURCE_DIR) / "tests/data/report";
  return folder;
}

std::vector<std::filesystem::path> examples() {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(examples_folder())) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  return folders;
}

results::RunRecord run_of(const std::filesystem::path& folder) {
  Result<results::RunRecord> run = results::read_run_folder(folder);
  REQUIRE_MESSAGE(run.has_value(), folder.string());
  return std::move(*run);
}

void check_golden(const std::filesystem::path& file, const std::string& text) {
  CAPTURE(file.string());
  if (std::getenv("PORTWRIGHT_UPDATE_GOLDENS") != nullptr) {
    REQUIRE(write_file(file, text));
    return;
  }
  const Result<std::string> expected = read_file(file);
  REQUIRE(expected);
  CHECK(text == *expected);
}

std::string on_terminal(const results::RunRecord& run, int width, bool colour = false) {
  return terminal_report(run, {.interactive = false, .colour = colour, .width = width}, "runs/example");
}

// Without the sequences that choose a colour.
std::string without_colour(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = text.find('m', i);
      continue;
    }
    plain += text[i];
  }
  return plain;
}

}  // namespace

TEST_CASE("a record is written as the examples are, which the schema describes") {
  for (const std::filesystem::path& folder : examples()) {
    CAPTURE(folder.string());
    CHECK(results::to_json(run_of(folder)) == read_json(folder / "run.json").value());
  }
}

TEST_CASE("reports say what was looked at and found good") {
  REQUIRE(examples().size() >= 9);
  for (const std::filesystem::path& folder : examples()) {
    const results::RunRecord run = run_of(folder);
    for (const int width : {60, 80, 120})
      check_golden(folder / fmt::format("screen-{}.txt", width), on_terminal(run, width));
    check_golden(folder / "summary.md", summary_markdown(run));
    check_golden(folder / "reproduce.md", reproduce_markdown(run));
  }
}

TEST_CASE("no line is wider than the terminal, with colour or without") {
  for (const std::filesystem::path& folder : examples()) {
    const results::RunRecord run = run_of(folder);
    for (const int width : {20, 30, 40, 60, 79, 80, 100, 120, 300}) {
      CAPTURE(folder.filename().string());
      CAPTURE(width);
      const std::string plain = on_terminal(run, width);
      CHECK(without_colour(on_terminal(run, width, true)) == plain);
      CHECK(plain.find('\x1b') == std::string::npos);
      std::istringstream lines(plain);
      for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(columns_of(line) <= width);
        CHECK_FALSE(line.ends_with(' '));
      }
    }
  }
}

TEST_CASE("every check is on the screen and in the summary, and the answer is last") {
  for (const std::filesystem::path& folder : examples()) {
    const results::RunRecord run = run_of(folder);
    const std::string screen = on_terminal(run, 120);
    const std::string summary = summary_markdown(run);
    for (const results::CheckRecord& check : run.checks) {
      CHECK(screen.find(check.id) != std::string::npos);
      CHECK(summary.find("| `" + check.id + "` |") != std::string::npos);
    }
    CHECK(screen.rfind(run.sentence) > screen.size() - 220);
    CHECK(screen.ends_with("summary.md\n"));
    CHECK(summary.starts_with("# Portwright: " + run.sentence + "\n"));
  }
}

TEST_CASE("what a port prints is shown and not obeyed") {
  const results::RunRecord run = run_of(examples_folder() / "long_names");
  std::istringstream lines(summary_markdown(run));
  std::string outside_blocks;
  bool in_block = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) in_block = !in_block;
    if (!in_block) outside_blocks += line + "\n";
  }
  CHECK_FALSE(in_block);
  const auto occurrences = [&](const std::string& text) {
    int count = 0;
    for (std::size_t at = outside_blocks.find(text); at != std::string::npos; at = outside_blocks.find(text, at + 1))
      ++count;
    return count;
  };
  CHECK(occurrences("<script") == 0);
  CHECK(occurrences("@somebody") == 0);
  CHECK(occurrences("https://") == 0);
  CHECK(occurrences("<details>\n") == 3);
  CHECK(occurrences("</details>\n") == 3);
}

TEST_CASE("a report writes its files into the run folder, or says why not") {
  const results::RunRecord run = run_of(examples_folder() / "failing");
  std::string name = (std::filesystem::temp_directory_path() / "portwright-report-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  REQUIRE(render_all(run, name));
  CHECK(read_file(std::filesystem::path(name) / "summary.md").value() == summary_markdown(run));
  CHECK(read_file(std::filesystem::path(name) / "reproduce.md").value() == reproduce_markdown(run));
  CHECK_FALSE(render_all(run, std::filesystem::path(name) / "summary.md"));
  std::filesystem::remove_all(name);
}

}  // namespace portwright::report
