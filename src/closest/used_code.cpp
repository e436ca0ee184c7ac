#include "closest/used_code.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <tuple>

#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Definition;
using source::Node;
using source::SourceFile;
using source::SourceFiles;

constexpr std::string_view no_forward =
    "sanitize|shard|quant_predicate|cast_predicate|_init_weights|reset_parameters|extra_repr|"
    "prepare_inputs_for_generation|resize_*|get_image_features|get_video_features|get_audio_features|"
    "load_balancing_loss_func|__repr__|from_dict|get_rope_index|get_placeholder_mask";

void blank(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < std::min(end, text.size()); ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

// Comments go by their mark: a '#' within a string hides the end of one line from the patterns, no more.
std::string without_comments(const Node& function) {
  std::string text(function.text());
  const char* const start = function.text().data();
  for (const Node& statement : function.field("body").children()) {
    const std::vector<Node> parts = statement.children();
    if (!statement.is("expression_statement") || parts.empty() || !parts.front().is("string")) continue;
    const auto begin = static_cast<std::size_t>(statement.text().data() - start);
    blank(text, begin, begin + statement.text().size());
  }
  for (std::size_t mark = text.find('#'); mark != std::string::npos; mark = text.find('#', mark + 1)) {
    blank(text, mark, std::min(text.find('\n', mark), text.size()));
  }
  return text;
}

class Collector {
 public:
  explicit Collector(SourceFiles& files) : files_(files) {}

  void add(const SourceFile* file, const Node& function, Scope scope, int depth) {
    constexpr int deepest = 4;
    if (depth > deepest || matches(function.field("name").text(), no_forward)) return;
    const auto key = std::tuple(file, function.place().line, scope);
    if (!seen_.insert(key).second) return;
    found_.push_back({file, function, scope, without_comments(function)});
    for (const Node& call : function.all("call")) {
      const Definition callee = files_.definition(*file, call.field("function").text());
      if (callee && !callee.is_class() && is_own(callee)) add(callee.file, callee.node, scope, depth + 1);
    }
  }

  std::vector<UsedFunction> take() { return std::move(found_); }

 private:
  // What ports share says what is possible, not what this port does.
  static bool is_own(const Definition& function) {
    return function.file->path.filename().string().starts_with("modeling_") ||
           function.file->definitions.contains("Model");
  }

  SourceFiles& files_;
  std::set<std::tuple<const SourceFile*, int, Scope>> seen_;
  std::vector<UsedFunction> found_;
};

}  // namespace

int UsedFunction::line_at(std::size_t offset) const {
  return node.place().line +
         static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

std::vector<UsedFunction> used_code(SourceFiles& files, const ModuleTree& tree) {
  Collector collector(files);
  for (const UsedClass& used : tree.classes) {
    for (const Node& method : source::methods_of(used.definition)) {
      collector.add(used.definition.file, method, used.scope, 0);
    }
    // `@use_kernelized_func(apply_rotary_pos_emb)` above the class.
    const Node outer = used.definition.node.parent();
    if (!outer.is("decorated_definition")) continue;
    for (const Node& name : outer.children()) {
      if (!name.is("decorator")) continue;
      for (const Node& word : name.all("identifier")) {
        const Definition function = files.definition(*used.definition.file, word.text());
        if (function && !function.is_class()) collector.add(function.file, function.node, used.scope, 0);
      }
    }
  }
  return collector.take();
}

}  // namespace portwright::closest
