#include "source/port_line.hpp"

#include <algorithm>
#include <array>
#include <regex>

namespace portwright::source {
namespace {

// How a port writes a function: the attribute of the module that is made for it, and what it calls, as regular
// expressions over the whole name.
struct Spelling {
  std::string_view function;
  const char* attribute;
  const char* callee;
};
constexpr std::array spellings{
    Spelling{"rope", "rope|rotary_emb|rotary", "self\\.(rope|rotary_emb|rotary)|mx\\.fast\\.rope|apply_rotary.*"},
    Spelling{"attention", "", ".*scaled_dot_product_attention"},
    Spelling{"activation", "", "(nn|mx|self)?\\.?(swiglu|silu|gelu.*|relu.*|act|act_fn|activation.*|.*glu)"},
    Spelling{"softcap", "", "mx\\.tanh|.*softcap.*"},
    Spelling{"mask", "", "create_.*mask|.*\\.make_mask"},
    Spelling{"scale", "scale|softmax_scale|attention_multiplier", ".*scaled_dot_product_attention"},
};

std::optional<Line> line_of(const SourceFile& file, const Node& node) { return Line{file.path, node.place().line}; }

bool matches(std::string_view text, const char* pattern) {
  return std::regex_match(text.begin(), text.end(), std::regex(pattern));
}

std::vector<Node> ancestors_within_function(const Node& node) {
  std::vector<Node> found;
  for (Node up = node; up && !up.is("function_definition") && !up.is("class_definition"); up = up.parent()) {
    found.push_back(up);
  }
  // The body of the function says nothing about which of its lines is meant.
  if (!found.empty() && found.back().is("block")) found.pop_back();
  return found;
}

// The one expression or statement that holds all of them; nothing where only the function does.
Node common_place(const std::vector<Node>& nodes) {
  if (nodes.size() == 1) return nodes.front();
  for (const Node& candidate : ancestors_within_function(nodes.front())) {
    const bool holds_all = std::ranges::all_of(nodes, [&](const Node& node) {
      const auto above = ancestors_within_function(node);
      return std::ranges::find(above, candidate) != above.end();
    });
    if (holds_all) return candidate;
  }
  return {};
}

std::optional<Line> line_of(const std::vector<Built>& built) {
  if (built.empty()) return std::nullopt;
  const SourceFile& file = *built.front().call.file;
  std::vector<Node> nodes;
  for (const Built& one : built) {
    if (one.call.file != &file) return std::nullopt;
    if (std::ranges::find(nodes, one.call.node) == nodes.end()) nodes.push_back(one.call.node);
  }
  const Node place = common_place(nodes);
  return place ? line_of(file, place) : std::nullopt;
}

// `__call__` first, then the other methods of its class, which it may have handed the work to.
std::vector<Node> methods_that_compute(const Method& forward, const Definition& type) {
  std::vector<Node> methods{forward.node};
  for (const Node& method : methods_of(type)) {
    const std::string_view name = method.field("name").text();
    if (method != forward.node && name != "__init__" && name != "sanitize" && name != "shard")
      methods.push_back(method);
  }
  return methods;
}

// The variables that a loop over `self.NAME` gives its elements to.
std::vector<std::string_view> loop_variables(const Node& method, const std::string& name) {
  std::vector<std::string_view> variables;
  for (const Node& loop : method.all("for_statement")) {
    const auto parts = loop.field("right").all("attribute");
    const auto is_list = [&](const Node& part) { return is_own_attribute(part, name); };
    if (std::ranges::none_of(parts, is_list)) continue;
    for (const Node& variable : loop.field("left").all("identifier")) variables.push_back(variable.text());
  }
  return variables;
}

class Search {
 public:
  Search(SourceFiles& files, const std::vector<Built>& modules) : files_(files) {
    for (const Built& module : modules) {
      // Several calls may build one class; several classes have no code of their own in common.
      if (type_ && module.definition.node != type_.node) {
        type_ = {};
        return;
      }
      type_ = module.definition;
    }
    if (type_) forward_ = method_of(files_, type_, "__call__");
    if (!forward_) return;
    for (const Definition& known : class_and_bases(files_, type_)) {
      const auto methods = methods_of(known);
      if (std::ranges::find(methods, forward_.node) != methods.end())
        computing_ = methods_that_compute(forward_, known);
    }
  }

  [[nodiscard]] bool is_written_in(const SourceFile* file) const { return forward_ && type_.file == file; }
  [[nodiscard]] std::optional<Line> head() const {
    return forward_ ? line_of(*forward_.file, forward_.node) : std::nullopt;
  }

  // Nothing where it returns in several places.
  [[nodiscard]] std::optional<Line> only_return() const {
    const std::vector<Node> returns = forward_.node.all("return_statement");
    return returns.size() == 1 ? line_of(*forward_.file, returns.front()) : std::nullopt;
  }

  [[nodiscard]] std::optional<Line> function(const Spelling& spelling) {
    if (*spelling.attribute != '\0') {
      if (const auto set_up = only_assignment(spelling.attribute)) return set_up;
    }
    const auto is_it = [&](std::string_view callee, const Node&) { return matches(callee, spelling.callee); };
    // A model makes one mask for each kind of layer: which of them is wrong, the text does not tell.
    if (spelling.function == "mask" && calls(is_it) > 1) return std::nullopt;
    return first_call(is_it);
  }

  // child: its path below this module, "mlp" or "layers.3".
  [[nodiscard]] std::optional<Line> child(const std::string& path) const {
    const std::string name = path.substr(0, path.find('.'));
    const std::string own = "self." + name;
    return first_call([&](std::string_view callee, const Node& method) {
      if (callee == "self." + path) return true;
      if (path.size() == name.size()) return false;
      const auto variables = loop_variables(method, name);
      return callee.starts_with(own + "[") || std::ranges::find(variables, callee) != variables.end();
    });
  }

 private:
  template <class IsWanted>
  [[nodiscard]] std::optional<Line> first_call(IsWanted is_wanted) const {
    for (const Node& method : computing_) {
      for (const Node& call : method.all("call")) {
        if (is_wanted(call.field("function").text(), method)) return line_of(*forward_.file, call);
      }
    }
    return std::nullopt;
  }

  template <class IsWanted>
  [[nodiscard]] std::size_t calls(IsWanted is_wanted) const {
    std::size_t count = 0;
    for (const Node& method : computing_) {
      for (const Node& call : method.all("call")) count += is_wanted(call.field("function").text(), method) ? 1U : 0U;
    }
    return count;
  }

  // Nothing where it is set up twice: which of the lines counted, the text does not tell.
  [[nodiscard]] std::optional<Line> only_assignment(const char* attribute) const {
    std::optional<Line> found;
    for (const Definition& known : class_and_bases(files_, type_)) {
      for (const Node& assignment : known.node.all("assignment")) {
        const Node left = assignment.field("left");
        if (!left.is("attribute") || left.field("object").text() != "self") continue;
        if (!matches(left.field("attribute").text(), attribute) || assignment.field("right").is("none")) continue;
        if (found) return std::nullopt;
        found = line_of(*known.file, assignment);
      }
    }
    return found;
  }

  SourceFiles& files_;
  Definition type_;
  Method forward_;
  std::vector<Node> computing_;
};

bool has_children(const Classes& classes, const std::string& module) {
  const auto next = classes.upper_bound(module + ".");
  return next != classes.end() && next->first.starts_with(module + ".");
}

// The path below a module; empty where it is not below it.
std::string below(const std::string& path, const std::string& module) {
  if (module == "(root)") return path;
  return path.starts_with(module + ".") ? path.substr(module.size() + 1) : std::string();
}

}  // namespace

std::optional<Line> port_line(const PortFiles& files, const Classes& classes, const Blame& blame) {
  SourceFiles sources(files.models);
  const SourceFile* port = sources.open(files.port);
  if (port == nullptr) return std::nullopt;
  const Definition root = sources.definition(*port, "Model");
  const std::vector<Built> modules = BuiltModules(sources, root, classes).at(blame.module);
  if (modules.empty()) return std::nullopt;

  Search search(sources, modules);
  if (blame.function) {
    const auto* const spelling = std::ranges::find(spellings, *blame.function, &Spelling::function);
    if (spelling != spellings.end()) {
      if (const auto line = search.function(*spelling)) return line;
    }
  }
  const bool is_root = blame.module == "(root)";
  const bool own_code = search.is_written_in(modules.front().call.file) &&
                        (is_root || blame.whole_class || has_children(classes, blame.module));
  if (own_code) {
    if (const std::string child = below(blame.wrong_input_of, blame.module); !child.empty()) {
      if (const auto line = search.child(child)) return line;
    }
    if (blame.wrong_output) {
      if (const auto line = search.only_return()) return line;
    }
    return search.head();
  }
  return line_of(modules);
}

}  // namespace portwright::source
