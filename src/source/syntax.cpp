#include "source/syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "source/cursor.hpp"
#include "source/longest_statement.hpp"

extern "C" const TSLanguage* tree_sitter_python(void);

namespace portwright::source {
namespace {

// Where a text ends within a statement, tree-sitter 0.20 writes past its memory once it holds 65,536 of these.
constexpr std::size_t most_words = 60'000;
// The runtime counts the children of a broken node in 16 bits, too, and frees the wrong memory where there are more. A
// broken text that is long enough to have so many stays in memory until the program ends.
constexpr std::size_t most_broken_bytes = 65'535;
constexpr unsigned most_seconds = 5;  // text that is no Python can cost the parser more than its length says

struct DeleteParser {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
};

// Its first child that holds a mistake, or null. Through a cursor: a child's number costs a walk past those before it.
TSNode mistaken_child(const TSNode& node) {
  Cursor cursor(node);
  for (bool more = cursor.to_first_child(); more; more = cursor.to_next_sibling()) {
    const TSNode child = cursor.node();
    if (ts_node_has_error(child) || ts_node_is_missing(child)) return child;
  }
  return {};
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

std::string_view Node::line() const {
  if (!*this) return {};
  const std::string_view text = *text_;
  const std::size_t at = ts_node_start_byte(node_);
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  std::string_view line = text.substr(before == std::string_view::npos ? 0 : before + 1);
  line = line.substr(0, line.find_first_of("\r\n"));
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

Node Node::parent() const { return *this ? Node(ts_node_parent(node_), *text_) : Node(); }

Node Node::field(std::string_view name) const {
  if (!*this) return {};
  return {ts_node_child_by_field_name(node_, name.data(), static_cast<std::uint32_t>(name.size())), *text_};
}

std::vector<Node> Node::children() const {
  std::vector<Node> found;
  if (!*this) return found;
  Cursor cursor(node_);
  for (bool more = cursor.to_first_child(); more; more = cursor.to_next_sibling()) {
    const Node child(cursor.node(), *text_);
    if (ts_node_is_named(cursor.node()) && !child.is("comment")) found.push_back(child);
  }
  return found;
}

std::vector<Node> Node::all() const {
  std::vector<Node> found;
  if (!*this) return found;
  Cursor cursor(node_);
  for (bool more = true; more; more = cursor.to_next_in_text()) {
    const Node node(cursor.node(), *text_);
    if (ts_node_is_named(cursor.node()) && !node.is("comment")) found.push_back(node);
  }
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
  if (longest_statement(text) > most_words) {
    return fail(Fault::input, fmt::format("a statement of more than {} words and signs cannot be read", most_words));
  }
  const std::unique_ptr<TSParser, DeleteParser> parser(ts_parser_new());
  if (!ts_parser_set_language(parser.get(), tree_sitter_python())) {
    return fail(Fault::internal, "tree-sitter cannot read its own Python grammar");
  }
  ts_parser_set_timeout_micros(parser.get(), std::uint64_t{most_seconds} * 1'000'000);
  SyntaxTree tree;
  tree.text_ = std::make_unique<const std::string>(std::move(text));
  tree.tree_ = {
      ts_parser_parse_string(parser.get(), nullptr, tree.text_->data(), static_cast<std::uint32_t>(tree.text_->size())),
      Delete{tree.text_->size()}};
  if (!tree.tree_) return fail(Fault::input, fmt::format("the file cannot be read as Python in {} s", most_seconds));
  return tree;
}

void SyntaxTree::Delete::operator()(TSTree* tree) const {
  if (bytes <= most_broken_bytes || !ts_node_has_error(ts_tree_root_node(tree))) ts_tree_delete(tree);
}

std::optional<Place> SyntaxTree::mistake() const {
  TSNode node = ts_tree_root_node(tree_.get());
  if (!ts_node_has_error(node)) return std::nullopt;
  for (TSNode child = mistaken_child(node); !ts_node_is_null(child); child = mistaken_child(node)) node = child;
  return Node(node, *text_).place();
}

}  // namespace portwright::source
