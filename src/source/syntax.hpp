// Python source as a syntax tree. A file with a mistake has a tree too, and says where the first mistake is.
#pragma once

#include <tree_sitter/api.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace portwright::source {

// Both from 1; a column counts bytes.
struct Place {
  int line = 0;
  int column = 0;
};

// A node of a tree, which must outlive it. The kinds and fields are those of tree-sitter's Python grammar.
class Node {
 public:
  Node() = default;
  Node(TSNode node, const std::string& text) : node_(node), text_(&text) {}

  explicit operator bool() const { return text_ != nullptr && !ts_node_is_null(node_); }
  [[nodiscard]] bool is(std::string_view kind) const { return *this && kind == ts_node_type(node_); }
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] Place place() const;            // of its first character
  [[nodiscard]] std::string_view line() const;  // the whole line it begins on, without indent and break
  [[nodiscard]] Node parent() const;
  [[nodiscard]] Node field(std::string_view name) const;  // null where there is none
  [[nodiscard]] std::vector<Node> children() const;       // without punctuation and comments
  // The node itself and all below it, in the order of the text.
  [[nodiscard]] std::vector<Node> all() const;
  [[nodiscard]] std::vector<Node> all(std::string_view kind) const;

  [[nodiscard]] const TSNode& handle() const { return node_; }  // for tree-sitter's own functions
  // The same for equal nodes, different for others of the same file.
  [[nodiscard]] const void* id() const { return node_.id; }

  [[nodiscard]] bool operator==(const Node& other) const {
    return text_ == other.text_ && ts_node_eq(node_, other.node_);
  }

 private:
  TSNode node_ = {};
  const std::string* text_ = nullptr;
};

class SyntaxTree {
 public:
  // An error only where the parser itself gives up, which it does after `most_seconds`; a mistake in the text is
  // `mistake()`.
  [[nodiscard]] static Result<SyntaxTree> parse(std::string text);

  [[nodiscard]] Node root() const { return {ts_tree_root_node(tree_.get()), *text_}; }
  [[nodiscard]] const std::string& text() const { return *text_; }
  [[nodiscard]] std::optional<Place> mistake() const;  // the first place that is no Python

 private:
  struct Delete {
    std::size_t bytes;  // of the text
    void operator()(TSTree* tree) const;
  };
  std::unique_ptr<const std::string> text_;  // nodes point at it
  std::unique_ptr<TSTree, Delete> tree_;
};

}  // namespace portwright::source
