#include "report/progress.hpp"

#include <doctest/doctest.h>

#include <sstream>

namespace portwright::report {
namespace {

using results::CheckRecord;
using results::Verdict;

CheckRecord ended(const std::string& id, Verdict verdict, const std::string& summary = "as it should be") {
  CheckRecord record;
  record.id = id;
  record.verdict = verdict;
  record.summary = summary;
  record.seconds = 1.25;
  return record;
}

// What a terminal shows after the text: the two sequences that live lines are drawn with are obeyed.
std::vector<std::string> screen_after(const std::string& text) {
  std::vector<std::string> lines{""};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      lines.emplace_back();
    } else if (text[i] == '\x1b') {
      std::size_t end = i + 2;
      while (text[end] >= '0' && text[end] <= '9') ++end;
      const std::size_t up = end == i + 2 ? 0 : std::stoul(text.substr(i + 2, end - i - 2));
      if (text[end] == 'A') {
        REQUIRE(up < lines.size());
        lines.resize(lines.size() - up);
      } else {
        CHECK(text[end] == 'J');
        lines.back().clear();
      }
      i = end;
    } else if (text[i] != '\r') {
      lines.back() += text[i];
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("a log has one line for each check that ended and no escape sequence") {
  std::ostringstream out;
  const auto progress = progress_on(out, Terminal{});
  progress->begin("load");
  progress->note("starting");
  progress->tick();
  CHECK(out.str().empty());
  progress->end(ended("load", Verdict::pass));
  progress->end(ended("state.window", Verdict::not_compared, "two\nlines \x1b[31m"));
  CHECK(out.str() ==
        "load             pass              1.2 s  as it should be\n"
        "state.window     not compared      1.2 s  two lines  [31m\n");
}

TEST_CASE("a terminal has one live line for each running check, with the time it runs") {
  std::ostringstream out;
  double now = 100;
  const Terminal terminal{.interactive = true, .colour = false, .width = 60};
  const auto progress = progress_on(out, terminal, [&now] { return now; });
  progress->begin("parity.logits");
  progress->begin("parity.modules");
  now = 112.9;
  progress->note("reference: forward, 40 of 200");
  CHECK(screen_after(out.str()) ==
        std::vector<std::string>{"  parity.logits    12 s       ",
                                 "  parity.modules   12 s       reference: forward, 40 of 200", ""});

  progress->end(ended("parity.logits", Verdict::fail));
  CHECK(screen_after(out.str()).at(0) == "  1 fail, 0 not compared: parity.logits");
  CHECK(screen_after(out.str()).size() == 3);
}

TEST_CASE("nothing is drawn while nothing changes") {
  std::ostringstream out;
  double now = 0;
  const auto progress =
      progress_on(out, Terminal{.interactive = true, .colour = false, .width = 60}, [&now] { return now; });
  progress->begin("load");
  const std::size_t drawn = out.str().size();
  now = 0.3;
  progress->tick();
  CHECK(out.str().size() == drawn);
  now = 1.3;
  progress->tick();
  CHECK(out.str().size() > drawn);
}

TEST_CASE("live lines never wrap and leave nothing behind") {
  std::ostringstream out;
  {
    const auto progress =
        progress_on(out, Terminal{.interactive = true, .colour = false, .width = 30}, [] { return 0.0; });
    progress->begin("text.a_check_with_a_long_name_of_its_own");
    progress->note("模型模型模型模型模型模型模型模型");
    for (const std::string& line : screen_after(out.str())) CHECK(columns_of(line) < 30);
  }
  CHECK(screen_after(out.str()) == std::vector<std::string>{""});
}

}  // namespace portwright::report
