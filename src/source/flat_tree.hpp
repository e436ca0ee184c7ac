// A syntax tree as one array in the order of the text: quick to go through many times, and no depth of it can overflow
// a stack.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "source/syntax.hpp"

namespace portwright::source {

class FlatTree;

// One named node of a flat tree, which must outlive it. A null item answers like one without text and children.
class Item {
 public:
  Item() = default;
  Item(const FlatTree& tree, std::uint32_t index) : tree_(&tree), index_(index) {}

  explicit operator bool() const { return tree_ != nullptr; }
  [[nodiscard]] std::string_view kind() const;
  [[nodiscard]] bool is(std::string_view kind) const { return *this && this->kind() == kind; }
  [[nodiscard]] std::string_view field() const;  // which one it is of its parent; empty: none
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] Place place() const;
  [[nodiscard]] int last_line() const;  // from 1
  [[nodiscard]] Item parent() const;
  [[nodiscard]] Item child(std::string_view field) const;
  [[nodiscard]] std::string_view word(std::string_view field) const;  // also of what has no name: an operator
  [[nodiscard]] std::vector<Item> children() const;                   // without comments
  [[nodiscard]] Item first() const;                                   // of children; null where there are none
  // The nearest around it of that kind; null where there is none.
  [[nodiscard]] Item around(std::string_view kind) const;
  [[nodiscard]] bool contains(const Item& other) const;  // itself too
  // Those below it (and itself) of that kind, in the order of the text.
  [[nodiscard]] std::vector<Item> all(std::string_view kind) const;
  [[nodiscard]] std::uint32_t index() const { return index_; }

  [[nodiscard]] bool operator==(const Item& other) const { return tree_ == other.tree_ && index_ == other.index_; }

 private:
  const FlatTree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

class FlatTree {
 public:
  // The tree must outlive it. What lies deeper than `most_depth` is left out.
  explicit FlatTree(const SyntaxTree& tree);
  FlatTree(const FlatTree&) = delete;  // items point at it
  FlatTree(FlatTree&&) = delete;
  FlatTree& operator=(const FlatTree&) = delete;
  FlatTree& operator=(FlatTree&&) = delete;
  ~FlatTree() = default;

  static constexpr int most_depth = 1000;

  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] Item root() const { return {*this, 0}; }
  [[nodiscard]] std::vector<Item> all(std::string_view kind) const { return root().all(kind); }

 private:
  friend class Item;
  struct Entry {
    Node node;
    std::string_view kind;
    std::string_view field;
    std::uint32_t parent = 0;
    std::uint32_t end = 0;  // the first entry after all below it
  };
  std::vector<Entry> entries_;
  std::map<std::string_view, std::vector<std::uint32_t>> by_kind_;
  bool too_deep_ = false;
};

}  // namespace portwright::source
