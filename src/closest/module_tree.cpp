#include "closest/module_tree.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "closest/pattern.hpp"

namespace portwright::closest {
namespace {

using source::Definition;
using source::Expression;
using source::Node;
using source::SourceFile;
using source::SourceFiles;

constexpr int deepest_path = 12;
constexpr int deepest_expression = 24;
constexpr std::size_t most_modules = 4000;

constexpr std::string_view other_modalities =
    "*vision*|*visual*|*audio*|*image*|*multi_modal*|multimodal*|*projector*|*tower*|mtp*|*speech*|aligner|connector";
constexpr std::string_view containers = "ModuleList|ModuleDict|Sequential|list|tuple|dict|ParameterList";
constexpr std::string_view layer_lists = "layers|h|blocks|layer|block|decoder_layers|transformer_blocks";
constexpr std::string_view array_makers = "Parameter|*.Parameter|mx.*|torch.zeros|torch.ones|torch.empty|*Buffer";

// What a module does, by the class first: a hybrid's "mixer" may be either.
constexpr std::string_view state_names =
    "*mamba*|*ssm*|*shortconv*|*short_conv*|conv|*conv1d*|*delta*|*recurrentblock|*lightning*|*rglru*|*linear*attn*|"
    "*linear*attention*|temporal_block|*timemix*|time_mix*|*kda*";
constexpr std::string_view attention_names = "*attn*|*attention*|*mla";
constexpr std::string_view feed_forward_names =
    "*mlp*|*moe*|*feed_forward*|*feedforward*|*ffn*|ff|*experts*|*channel*mix*|*router*";
constexpr std::string_view other_state_names = "*mixer*|*recurrent*";

std::string lower(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return small;
}

std::optional<Scope> scope_of_name(std::string_view text) {
  const std::string name = lower(text);
  if (matches(name, "*norm*|*layernorm*")) return std::nullopt;
  if (matches(name, state_names)) return Scope::recurrent;
  if (matches(name, attention_names)) return Scope::attention;
  if (matches(name, feed_forward_names)) return Scope::feed_forward;
  if (matches(name, other_state_names)) return Scope::recurrent;
  return std::nullopt;
}

// The parts of a layer each have a scope; what is below them shares it.
Scope scope_below(const Module& parent, const Module& child) {
  if (parent.scope != Scope::model && parent.scope != Scope::layer) return parent.scope;
  if (child.is_layer) return Scope::layer;
  if (parent.scope == Scope::model) return Scope::model;
  const auto by_type = scope_of_name(child.type);
  const auto by_name = scope_of_name(child.name);
  // "self_attn = Mamba…" is a state, "mixer = NemotronAttention" is attention: the class tells.
  if (by_type && (by_name != Scope::feed_forward || *by_type == Scope::feed_forward)) return *by_type;
  if (by_name) return *by_name;
  return Scope::layer;
}

struct Construction {
  std::string type;
  Definition definition;
  Expression call;
  bool in_list = false;
  bool is_parameter = false;
};

class Walk {
 public:
  explicit Walk(SourceFiles& files) : files_(files) {}

  ModuleTree from(const Definition& root) {
    Module top;
    top.type = root.name();
    top.definition = root;
    visit(top, 0);
    return std::move(tree_);
  }

 private:
  void visit(const Module& module, int depth) {
    if (depth > deepest_path || tree_.modules.size() > most_modules) return;
    note_class(module);
    for (const auto& [name, values] : attributes_of(module.definition)) {
      if (matches(name, other_modalities)) continue;
      std::vector<Construction> built;
      for (const Expression& value : values) construct(value, value.appended, 0, built);
      for (const Construction& one : built) add(module, name, one, depth);
    }
  }

  void add(const Module& parent, const std::string& name, const Construction& built, int depth) {
    if (matches(lower(built.type), other_modalities)) return;
    Module child;
    child.path = parent.path + (parent.path.empty() ? "" : ".") + name + (built.in_list ? ".*" : "");
    child.name = name;
    child.type = built.type;
    child.definition = is_shared(built.definition) ? Definition{} : built.definition;
    child.call = built.call;
    child.is_parameter = built.is_parameter;
    child.is_layer = built.in_list && parent.scope == Scope::model &&
                     (matches(name, layer_lists) || matches(lower(built.type), "*layer|*block"));
    child.scope = scope_below(parent, child);
    const auto same = [&](const Module& known) { return known.path == child.path && known.type == child.type; };
    if (std::ranges::any_of(tree_.modules, same)) return;
    tree_.modules.push_back(child);
    if (!child.definition || std::ranges::find(open_, child.definition.node) != open_.end()) return;
    open_.push_back(child.definition.node);
    visit(child, depth + 1);
    open_.pop_back();
  }

  void note_class(const Module& module) {
    for (const Definition& type : source::class_and_bases(files_, module.definition)) {
      const auto same = [&](const UsedClass& used) {
        return used.definition.node == type.node && used.scope == module.scope;
      };
      if (std::ranges::none_of(tree_.classes, same)) tree_.classes.push_back({type, module.scope});
    }
  }

  // Layers that ports share (rope_utils, switch_layers) lie in files without a model.
  [[nodiscard]] static bool is_shared(const Definition& type) {
    if (!type) return false;
    const SourceFile& file = *type.file;
    if (file.path.filename().string().starts_with("modeling_")) return false;
    return !file.definitions.contains("Model") && !file.imports.contains("Model");
  }

  using Attributes = std::vector<std::pair<std::string, std::vector<Expression>>>;

  // What the class or the nearest of its bases gives each attribute, in the order of the text.
  const Attributes& attributes_of(const Definition& type) {
    const auto key = std::pair(type.file, type.node.place().line);
    if (const auto known = attributes_.find(key); known != attributes_.end()) return known->second;
    Attributes found;
    std::set<std::string, std::less<>> given;
    for (const Definition& one : source::class_and_bases(files_, type)) {
      const std::size_t before = found.size();
      for (const Node& method : source::methods_of(one)) {
        if (matches(method.field("name").text(), "sanitize|shard|forward|__call__")) continue;
        note_assignments(one, type, method, given, before, found);
      }
      for (std::size_t i = before; i < found.size(); ++i) given.insert(found[i].first);
    }
    return attributes_[key] = std::move(found);
  }

  static void note_assignments(const Definition& in, const Definition& owner, const Node& method,
                               const std::set<std::string, std::less<>>& given, std::size_t before, Attributes& found) {
    const auto note = [&](std::string_view name, const Expression& value) {
      if (given.contains(name)) return;
      const auto begin = found.begin() + static_cast<std::ptrdiff_t>(before);
      const auto known = std::find_if(begin, found.end(), [&](const auto& one) { return one.first == name; });
      if (known != found.end()) {
        known->second.push_back(value);
      } else {
        found.push_back({std::string(name), {value}});
      }
    };
    for (const Node& node : method.all()) {
      if (node.is("assignment")) {
        const Node left = node.field("left");
        Node right = node.field("right");
        while (right.is("assignment")) right = right.field("right");
        if (left.is("attribute") && left.field("object").text() == "self" && right) {
          note(left.field("attribute").text(), {right, in.file, owner, method, false});
        }
      } else if (node.is("call")) {
        const Node callee = node.field("function");
        if (!callee.is("attribute") || !matches(callee.field("attribute").text(), "append|insert|extend")) continue;
        const Node list = callee.field("object");
        const std::vector<Node> arguments = node.field("arguments").children();
        if (!list.is("attribute") || list.field("object").text() != "self" || arguments.empty()) continue;
        note(list.field("attribute").text(), {arguments.back(), in.file, owner, method, true});
      }
    }
  }

  // Every call in an expression that makes a module.
  void construct(const Expression& value, bool in_list, int depth, std::vector<Construction>& found) {
    if (depth > deepest_expression || !value.node) return;
    const auto follow = [&](const Node& part, bool listed) {
      construct({part, value.file, value.owner, value.function, false}, listed, depth + 1, found);
    };
    const Node& node = value.node;
    if (node.is("call")) {
      constructed_by(value, in_list, depth, found);
    } else if (node.is("list") || node.is("tuple") || node.is("list_comprehension") ||
               node.is("generator_expression") || node.is("dictionary") || node.is("dictionary_comprehension") ||
               node.is("pair") || node.is("list_splat") || node.is("binary_operator")) {
      for (const Node& part : node.children()) follow(part, true);
    } else if (node.is("conditional_expression") || node.is("parenthesized_expression") ||
               node.is("boolean_operator")) {
      for (const Node& part : node.children()) follow(part, in_list);
    } else if (node.is("subscript")) {
      follow(node.field("value"), in_list);
    } else if (node.is("identifier")) {
      for (const Expression& given : source::values_of_variable(files_, value, node.text())) {
        if (given.node == node) continue;
        construct(given, in_list || given.appended, depth + 4, found);
      }
    }
  }

  void constructed_by(const Expression& call, bool in_list, int depth, std::vector<Construction>& found) {
    const Node callee = call.node.field("function");
    const std::string_view name = callee.text();
    const std::vector<Node> arguments = call.node.field("arguments").children();
    const auto follow = [&](const Node& part) {
      construct({part, call.file, call.owner, call.function, false}, true, depth + 1, found);
    };
    if (matches(last_part(name), containers)) {
      for (const Node& part : arguments) follow(part);
      return;
    }
    const Definition definition = files_.definition(*call.file, name);
    if (definition.is_class()) {
      found.push_back({definition.name(), definition, call, in_list});
    } else if (definition) {
      if (last_part(name) == "initialize_rope") {
        found.push_back({std::string(last_part(name)), {}, call, in_list});
      } else {
        follow_returns({definition.file, definition.node, call.owner}, in_list, depth, found);
      }
    } else if (source::is_own_attribute(callee, last_part(name))) {
      const source::Method method = source::method_of(files_, call.owner, last_part(name));
      if (method) follow_returns({method.file, method.node, call.owner}, in_list, depth, found);
    } else if (!callee.is("identifier") && !callee.is("attribute")) {
      for_classes({callee, call.file, call.owner, call.function, false}, call, in_list, 0, found);
    } else {
      const std::size_t before = found.size();
      for_classes({callee, call.file, call.owner, call.function, false}, call, in_list, 0, found);
      if (found.size() > before) return;
      const std::string_view last = last_part(name);
      const bool is_array = matches(name, array_makers) && !call.function.is("module");
      const bool is_module = !last.empty() && std::isupper(static_cast<unsigned char>(last.front())) != 0;
      if (is_module || is_array) {
        found.push_back({std::string(last), {}, call, in_list, matches(name, array_makers)});
      }
    }
  }

  struct Function {
    const SourceFile* file = nullptr;
    Node node;
    Definition owner;
  };
  void follow_returns(const Function& function, bool in_list, int depth, std::vector<Construction>& found) {
    for (const Node& statement : function.node.all("return_statement")) {
      for (const Node& part : statement.children()) {
        construct({part, function.file, function.owner, function.node, false}, in_list, depth + 4, found);
      }
    }
  }

  // A variable, a table or a condition that holds classes, which are called.
  void for_classes(const Expression& held, const Expression& call, bool in_list, int depth,
                   std::vector<Construction>& found) {
    if (depth > 4 || !held.node) return;
    for (const Node& node : held.node.all()) {
      if (!node.is("identifier") && !node.is("attribute")) continue;
      if (const Definition type = files_.definition(*held.file, node.text()); type.is_class()) {
        found.push_back({type.name(), type, call, in_list});
      } else if (node.is("identifier") && node.text() != "self") {
        for (const Expression& given :
             source::values_of_variable(files_, {node, held.file, held.owner, held.function}, node.text())) {
          if (!(given.node == held.node) && !given.node.is("call")) for_classes(given, call, in_list, depth + 1, found);
        }
      }
    }
  }

  SourceFiles& files_;
  ModuleTree tree_;
  std::vector<Node> open_;
  std::map<std::pair<const SourceFile*, int>, Attributes> attributes_;
};

}  // namespace

ModuleTree module_tree(SourceFiles& files, const Definition& root) {
  if (!root.is_class()) return {};
  return Walk(files).from(root);
}

}  // namespace portwright::closest
