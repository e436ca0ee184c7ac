#include <fmt/format.h>

#include <algorithm>

#include "base/terminal.hpp"
#include "closest/closest.hpp"
#include "closest/facts.hpp"
#include "closest/names.hpp"

namespace portwright::closest {
namespace {

// A head and a text whose further lines stand under its first.
std::string hanging(std::string_view head, const std::string& text, int width) {
  const int columns = columns_of(head);
  std::string lines = wrapped(printable(text), width - columns, 0);
  const std::string under = "\n" + std::string(static_cast<std::size_t>(columns), ' ');
  for (std::size_t at = lines.find('\n'); at != std::string::npos; at = lines.find('\n', at + under.size())) {
    lines.replace(at, 1, under);
  }
  return std::string(head) + lines + "\n";
}

std::string remapping(const Answer& answer, const Ranked& first) {
  const std::string& port = first.candidate.name;
  return fmt::format("{} is the same architecture up to names: {}", first.candidate.file,
                     first.comparison.same_names
                         ? fmt::format("upstream wants a remapping, \"{}\": \"{}\" in MODEL_REMAPPING (utils.py)",
                                       answer.model_type, port)
                         : fmt::format("upstream wants a thin subclass of {}.Model that renames the weights", port));
}

std::string headline(const Answer& answer) {
  if (answer.ranked.empty()) return "nothing to start from: no candidate could be read";
  const Ranked& first = answer.ranked.front();
  if (answer.among_references) {
    return fmt::format("nearest in transformers is {}: {}", first.candidate.name,
                       in_words(first.candidate, first.comparison));
  }
  if (first.comparison.identical) return remapping(answer, first);
  return fmt::format("start from {}: {}", first.candidate.file, in_words(first.candidate, first.comparison));
}

std::string what_there_is(const Answer& answer, int width) {
  std::string text;
  if (!answer.language_model.empty()) {
    text += hanging(
        "", fmt::format("its language model is of the type {}, which is compared here", answer.language_model), width);
  }
  if (!answer.remapped_to.empty()) {
    text += hanging("",
                    fmt::format("mlx-lm has a port: MODEL_REMAPPING (utils.py) sends {} to models/{}.py",
                                answer.model_type, answer.remapped_to),
                    width);
  }
  if (!answer.own_port.empty()) {
    std::string rest =
        answer.left_out.empty() ? "" : ", as are those that rest on it: " + listed_names(answer.left_out);
    text += hanging("", fmt::format("mlx-lm has a port: {}; it is left out below{}", answer.own_port, rest), width);
  }
  return text;
}

std::string parents_line(const Answer& answer, int width) {
  if (answer.parents.empty()) return "";
  std::vector<std::string> parts;
  for (const Parent& parent : answer.parents) {
    std::vector<std::string> shown(parent.classes.begin(),
                                   parent.classes.begin() + std::min<std::ptrdiff_t>(2, std::ssize(parent.classes)));
    if (shown.size() < parent.classes.size()) {
      shown.push_back(fmt::format("{} more", parent.classes.size() - shown.size()));
    }
    parts.push_back(fmt::format("{} ({})", parent.folder, listed_names(shown)));
  }
  return hanging("transformers builds it from ", listed_names(parts), width);
}

std::string ranking(const Answer& answer, int width) {
  std::size_t columns = 4;
  for (const Ranked& one : answer.ranked) columns = std::max(columns, one.candidate.name.size());
  std::string text = fmt::format("\n   {:<{}}  alike  in words (of {} compared)\n",
                                 answer.among_references ? "type" : "port", columns, answer.compared);
  int number = 0;
  for (const Ranked& one : answer.ranked) {
    const std::string head = fmt::format("{:>2} {:<{}}  {:>5.2f}  ", ++number, one.candidate.name, columns,
                                         std::min(one.candidate.score, 1.0));
    const std::string words =
        one.comparison.identical ? "the same up to names" : in_words(one.candidate, one.comparison);
    text += hanging(head, words, width);
  }
  return text;
}

std::vector<std::string> topics() {
  std::vector<std::string> found;
  for (const Fact& fact : facts()) {
    if (found.empty() || found.back() != fact.topic) found.emplace_back(fact.topic);
  }
  return found;
}

// The lines of one topic: what is equal, what another port has, what none has, what the candidate has too much.
std::string topic_lines(const std::string& topic, const Comparison& comparison, std::size_t columns, int width) {
  std::string text;
  const auto line = [&](std::string_view kind, const std::string& words) {
    text += hanging(fmt::format("  {:<{}}  {:<9}  ", text.empty() ? topic : "", columns, kind), words, width);
  };
  const auto of_topic = [&](const std::vector<std::string_view>& ids) {
    std::vector<std::string> words;
    for (const std::string_view id : ids) {
      if (fact_named(id)->topic == topic) words.emplace_back(fact_named(id)->words);
    }
    return words;
  };
  if (const auto equal = of_topic(comparison.equal); !equal.empty())
    line("equal", fmt::format("{}", fmt::join(equal, ", ")));
  for (const Difference& one : comparison.missing) {
    if (one.topic != topic) continue;
    const std::string where = one.reference.text();
    if (one.known_in.empty()) {
      line("new", fmt::format("{}: {}; nobody else has it", one.words, where));
    } else {
      line("variation", fmt::format("{}: {}, as in {}", one.words, where, one.known.text()));
    }
  }
  if (const auto more = of_topic(comparison.superfluous); !more.empty()) {
    line("leave out", fmt::format("{}", fmt::join(more, ", ")));
  }
  if (const auto options = of_topic(comparison.options); !options.empty()) {
    line("optional", fmt::format("{}: the reference does not ask for it", fmt::join(options, ", ")));
  }
  return text;
}

std::string beside_first(const Answer& answer, int width) {
  if (answer.ranked.empty()) return "";
  const Ranked& first = answer.ranked.front();
  std::size_t columns = 0;
  for (const std::string& topic : topics()) columns = std::max(columns, topic.size());
  std::string text = fmt::format("\n{} beside {}\n", answer.reference, first.candidate.file);
  for (const std::string& topic : topics()) text += topic_lines(topic, first.comparison, columns, width);
  return text;
}

std::string new_things(const Answer& answer, int width) {
  const auto listed = [](const Keys& names) {
    std::vector<std::string> parts;
    for (const auto& [name, place] : names) parts.push_back(fmt::format("{} ({})", name, place.line));
    return fmt::format("{}", fmt::join(parts, ", "));
  };
  const std::string_view none = answer.among_references ? "no other model" : "no other port";
  std::string text;
  if (!answer.new_keys.empty()) {
    text += hanging(fmt::format("\nconfig fields that {} reads (line): ", none), listed(answer.new_keys), width);
  }
  if (!answer.new_parameters.empty()) {
    text += hanging(fmt::format("\nweights by names that {} has (line): ", none), listed(answer.new_parameters), width);
  }
  return text;
}

}  // namespace

std::string text_of(const Answer& answer, int width) {
  return what_there_is(answer, width) + hanging("", headline(answer), width) + parents_line(answer, width) +
         ranking(answer, width) + beside_first(answer, width) + new_things(answer, width);
}

}  // namespace portwright::closest
