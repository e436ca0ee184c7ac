// inspection_text: one screen, the label left, the words right; what is special comes last.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/terminal.hpp"
#include "inspect/inspection.hpp"
#include "inspect/inspection_words.hpp"

namespace portwright::inspect {
namespace {

constexpr int label_columns = 14;

struct Line {
  std::string_view label;
  std::string (*words)(const Inspection& inspection);
};
constexpr std::array lines{Line{"reference", reference_words},
                           Line{"parameters", parameter_words},
                           Line{"dtype", dtype_words},
                           Line{"tied", tying_words},
                           Line{"quantization", quantization_words},
                           Line{"sizes", size_words},
                           Line{"layers", layer_words},
                           Line{"experts", expert_words},
                           Line{"context", context_words},
                           Line{"rope", rope_line},
                           Line{"tokenizer", tokenizer_words},
                           Line{"template", template_words},
                           Line{"ignored", ignored_words},
                           Line{"memory", memory_words},
                           Line{"cache", cache_words},
                           Line{"disk", disk_words}};

// Each line of the words is wrapped within the right column.
std::string labelled(std::string_view label, const std::string& words, int width) {
  constexpr int narrowest = 24;
  constexpr int indent = label_columns + 2;
  std::string right;
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::size_t end = std::min(words.find('\n', begin), words.size());
    const std::string one = printable(std::string_view(words).substr(begin, end - begin));
    right += (begin == 0 ? "" : "\n") + wrapped(one, std::max(narrowest, width - indent), 0);
    begin = end + 1;
  }
  std::string text = fmt::format("  {:<{}}", label, label_columns);
  for (const char c : right) {
    text += c;
    if (c == '\n') text.append(indent, ' ');
  }
  return text + "\n";
}

std::string headline(const Inspection& inspection) {
  std::string text = inspection.model;
  for (const std::string& part : {inspection.model_type, inspection.class_name, inspection.revision.substr(0, 12)}) {
    if (!part.empty()) text += " · " + part;
  }
  if (inspection.remote) text += " · weights not fetched";
  return printable(text);
}

}  // namespace

std::string inspection_text(const Inspection& inspection, int width) {
  std::string text = headline(inspection) + "\n\n";
  if (inspection.text_place != "config") {
    const std::string type = inspection.text_type.empty() ? "" : fmt::format(" ({})", inspection.text_type);
    text += labelled("text part", fmt::format("{}{}: what a text port needs", inspection.text_place, type), width);
  }
  for (const Line& line : lines) {
    const std::string words = line.words(inspection);
    if (!words.empty()) text += labelled(line.label, words, width);
  }
  text += labelled("special", special_words(inspection), width);
  for (const std::string& note : inspection.notes) text += labelled("note", note, width);
  return text;
}

}  // namespace portwright::inspect
