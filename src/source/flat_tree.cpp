#include "source/flat_tree.hpp"

#include <algorithm>

#include "source/cursor.hpp"

namespace portwright::source {

FlatTree::FlatTree(const SyntaxTree& tree) {
  std::vector<std::uint32_t> open;  // the entries around the next one
  std::vector<int> depths;
  const auto close = [&](int depth) {
    while (!open.empty() && depths.back() >= depth) {
      entries_[open.back()].end = static_cast<std::uint32_t>(entries_.size());
      open.pop_back();
      depths.pop_back();
    }
  };
  Cursor cursor(tree.root().handle());
  for (bool more = true; more; more = cursor.to_next_in_text()) {
    if (!ts_node_is_named(cursor.node())) continue;
    if (cursor.depth() > most_depth) {
      too_deep_ = true;
      break;
    }
    close(cursor.depth());
    const char* field = cursor.field();
    const auto index = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({Node(cursor.node(), tree.text()), ts_node_type(cursor.node()), field == nullptr ? "" : field,
                        open.empty() ? 0 : open.back(), 0});
    by_kind_[entries_.back().kind].push_back(index);
    open.push_back(index);
    depths.push_back(cursor.depth());
  }
  close(0);
}

std::string_view Item::kind() const { return tree_ == nullptr ? std::string_view{} : tree_->entries_[index_].kind; }

std::string_view Item::field() const { return tree_ == nullptr ? std::string_view{} : tree_->entries_[index_].field; }

std::string_view Item::text() const {
  return tree_ == nullptr ? std::string_view{} : tree_->entries_[index_].node.text();
}

Place Item::place() const { return tree_ == nullptr ? Place{} : tree_->entries_[index_].node.place(); }

int Item::last_line() const {
  if (tree_ == nullptr) return 0;
  return static_cast<int>(ts_node_end_point(tree_->entries_[index_].node.handle()).row) + 1;
}

Item Item::parent() const {
  return tree_ == nullptr || index_ == 0 ? Item{} : Item{*tree_, tree_->entries_[index_].parent};
}

Item Item::child(std::string_view field) const {
  if (tree_ == nullptr) return {};
  const auto& entries = tree_->entries_;
  for (std::uint32_t i = index_ + 1; i < entries[index_].end; i = entries[i].end) {
    if (entries[i].field == field && entries[i].kind != "comment") return {*tree_, i};
  }
  return {};
}

std::string_view Item::word(std::string_view field) const {
  return tree_ == nullptr ? std::string_view{} : tree_->entries_[index_].node.field(field).text();
}

std::vector<Item> Item::children() const {
  std::vector<Item> found;
  if (tree_ == nullptr) return found;
  const auto& entries = tree_->entries_;
  for (std::uint32_t i = index_ + 1; i < entries[index_].end; i = entries[i].end) {
    if (entries[i].kind != "comment") found.emplace_back(*tree_, i);
  }
  return found;
}

Item Item::first() const {
  const std::vector<Item> all = children();
  return all.empty() ? Item{} : all.front();
}

Item Item::around(std::string_view kind) const {
  Item item = parent();
  while (item && !item.is(kind)) item = item.parent();
  return item;
}

bool Item::contains(const Item& other) const {
  return tree_ != nullptr && tree_ == other.tree_ && index_ <= other.index_ &&
         other.index_ < tree_->entries_[index_].end;
}

std::vector<Item> Item::all(std::string_view kind) const {
  std::vector<Item> found;
  if (tree_ == nullptr) return found;
  const auto of_kind = tree_->by_kind_.find(kind);
  if (of_kind == tree_->by_kind_.end()) return found;
  const std::uint32_t end = tree_->entries_[index_].end;
  for (auto i = std::ranges::lower_bound(of_kind->second, index_); i != of_kind->second.end() && *i < end; ++i) {
    found.emplace_back(*tree_, *i);
  }
  return found;
}

}  // namespace portwright::source
