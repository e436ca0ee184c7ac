#include "closest/layer_order.hpp"

#include <algorithm>
#include <map>

#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Definition;
using source::Node;
using source::SourceFiles;

constexpr int deepest_node = 200;  // of a method's tree; no sane layer comes near

// What a call of an attribute means: a letter.
using Letters = std::map<std::string, char, std::less<>>;

char letter_of(const Module& module) {
  if (matches(module.name, "*norm*|ln_*|ln|ln?") || matches(module.type, "*Norm*")) return 'N';
  if (module.scope == Scope::attention) return 'A';
  if (module.scope == Scope::recurrent) return 'R';
  if (module.scope == Scope::feed_forward) return 'F';
  return 0;
}

bool is_sum(const Node& node) { return node.is("binary_operator") && node.field("operator").text() == "+"; }

class Reader {
 public:
  Reader(SourceFiles& files, const Definition& layer, const Letters& letters)
      : files_(files), layer_(layer), letters_(letters) {}

  std::string read(const Node& method) {
    visit(method.field("body"), 0);
    return std::move(events_);
  }

 private:
  // Arguments before the call that takes them: the order in which things are computed.
  void visit(const Node& node, int depth) {
    if (depth > deepest_node || !node || node.is("function_definition")) return;
    if (node.is("if_statement") || node.is("conditional_expression")) {
      for (const Node& part : node.children()) {
        visit(part, depth + 1);
        note('|');
      }
      return;
    }
    for (const Node& part : node.children()) visit(part, depth + 1);
    if (node.is("call")) note_call(node, depth);
    // `x + attention(h) + mlp(h)` is one addition.
    const bool adds = is_sum(node) && !is_sum(node.parent());
    const bool adds_to = node.is("augmented_assignment") && node.field("operator").text() == "+=";
    if (adds || adds_to) note('+');
  }

  void note_call(const Node& call, int depth) {
    const Node callee = call.field("function");
    const std::string_view name = last_part(callee.text());
    if (!source::is_own_attribute(callee, name)) {
      if (matches(name, "*residual*|*bias_dropout_add*")) note('+');
      return;
    }
    if (const auto letter = letters_.find(name); letter != letters_.end()) return note(letter->second);
    if (inlined_ >= 3) return;
    if (const source::Method method = source::method_of(files_, layer_, name)) {
      ++inlined_;
      visit(method.node.field("body"), depth + 1);
      --inlined_;
    }
  }

  void note(char letter) {
    if (events_.empty() || events_.back() != letter) events_ += letter;
  }

  SourceFiles& files_;
  const Definition& layer_;
  const Letters& letters_;
  std::string events_;
  int inlined_ = 0;
};

// One way through the layer, from one addition to the next.
void judge(std::string_view segment, LayerOrder& order) {
  if (segment.find_first_of("ARF") == std::string_view::npos) return;
  const std::size_t mixer = segment.find_first_of("AR");
  const std::size_t feed_forward = segment.find('F');
  const std::size_t first_norm = segment.find('N');
  const std::size_t last_norm = segment.rfind('N');
  constexpr std::size_t none = std::string_view::npos;
  order.told = true;
  if (mixer != none && feed_forward != none) order.parallel = true;
  if (segment.find("AR") != none || segment.find("RA") != none) order.parallel_mixers = true;
  if (first_norm == none) return;
  if (mixer != none) {
    order.norm_before_mixer |= first_norm < mixer;
    order.norm_after_mixer |= last_norm > segment.find_last_of("AR") && feed_forward == none;
  }
  if (feed_forward != none) {
    order.norm_before_feed_forward |= first_norm < feed_forward;
    order.norm_after_feed_forward |= last_norm > feed_forward;
  }
}

}  // namespace

LayerOrder layer_order(SourceFiles& files, const ModuleTree& tree) {
  LayerOrder order;
  for (const Module& layer : tree.modules) {
    if (!layer.is_layer || !layer.definition) continue;
    Letters letters;
    for (const Module& part : tree.modules) {
      const bool direct =
          part.path.starts_with(layer.path + ".") &&
          matches(part.path.substr(layer.path.size() + 1), std::string(part.name) + "|" + part.name + ".*");
      if (const char letter = letter_of(part); direct && letter != 0) letters.emplace(part.name, letter);
    }
    for (const char* name : {"forward", "__call__"}) {
      const source::Method method = source::method_of(files, layer.definition, name);
      if (!method) continue;
      std::string events = Reader(files, layer.definition, letters).read(method.node);
      for (std::size_t begin = 0; begin < events.size();) {
        const std::size_t end = std::min(events.find('+', begin), events.size());
        judge(std::string_view(events).substr(begin, end - begin), order);
        begin = end + 1;
      }
      if (order.told && order.file == nullptr) {
        order.file = method.file;
        order.line = method.node.place().line;
      }
      order.events += (order.events.empty() ? "" : " / ") + events;
    }
  }
  return order;
}

}  // namespace portwright::closest
