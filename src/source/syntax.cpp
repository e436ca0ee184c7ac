#include "source/syntax.hpp"

#include <limits>

extern "C" const TSLanguage* tree_sitter_python(void);

namespace portwright::source {
namespace {

struct DeleteParser {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
};

void collect(TSNode node, const std::string& text, std::vector<Node>& found) {
  if (std::string_view(ts_node_type(node)) == "comment") return;
  found.emplace_back(node, text);
  for (std::uint32_t i = 0; i < ts_node_named_child_count(node); ++i) {
    collect(ts_node_named_child(node, i), text, found);
  }
}

std::optional<Place> first_mistake(TSNode node) {
  if (!ts_node_has_error(node) && !ts_node_is_missing(node)) return std::nullopt;
  for (std::uint32_t i = 0; i < ts_node_child_count(node); ++i) {
    if (const auto below = first_mistake(ts_node_child(node, i))) return below;
  }
  const TSPoint point = ts_node_start_point(node);
  return Place{static_cast<int>(point.row) + 1, static_cast<int>(point.column) + 1};
}

}  // namespace

std::string_view Node::text() const {
  if (!*this) return {};
  const std::uint32_t begin = ts_node_start_byte(node_);
  return std::string_view(*text_).substr(begin, ts_node_end_byte(node_) - begin);
}

Place Node::place() const {
  const TSPoint point = ts_node_start_point(node_);
  return {static_cast<int>(point.row) + 1, static_cast<int>(point.column) + 1};
}

Node Node::parent() const { return *this ? Node(ts_node_parent(node_), *text_) : Node(); }

Node Node::field(std::string_view name) const {
  if (!*this) return {};
  return {ts_node_child_by_field_name(node_, name.data(), static_cast<std::uint32_t>(name.size())), *text_};
}

std::vector<Node> Node::children() const {
  std::vector<Node> found;
  if (!*this) return found;
  for (std::uint32_t i = 0; i < ts_node_named_child_count(node_); ++i) {
    const Node child(ts_node_named_child(node_, i), *text_);
    if (!child.is("comment")) found.push_back(child);
  }
  return found;
}

std::vector<Node> Node::all() const {
  std::vector<Node> found;
  if (*this) collect(node_, *text_, found);
  return found;
}

std::vector<Node> Node::all(std::string_view kind) const {
  std::vector<Node> found = all();
  std::erase_if(found, [&](const Node& node) { return !node.is(kind); });
  return found;
}

Result<SyntaxTree> SyntaxTree::parse(std::string text) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    return fail(Fault::input, "a Python file of more than 4 GB cannot be read");
  }
  const std::unique_ptr<TSParser, DeleteParser> parser(ts_parser_new());
  if (!ts_parser_set_language(parser.get(), tree_sitter_python())) {
    return fail(Fault::internal, "tree-sitter cannot read its own Python grammar");
  }
  SyntaxTree tree;
  tree.text_ = std::make_unique<const std::string>(std::move(text));
  tree.tree_.reset(ts_parser_parse_string(parser.get(), nullptr, tree.text_->data(),
                                          static_cast<std::uint32_t>(tree.text_->size())));
  if (!tree.tree_) return fail(Fault::internal, "tree-sitter gave no tree");
  return tree;
}

std::optional<Place> SyntaxTree::mistake() const { return first_mistake(ts_tree_root_node(tree_.get())); }

}  // namespace portwright::source
