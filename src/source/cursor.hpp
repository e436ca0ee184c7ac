// A walk through a syntax tree that needs no stack of its own, however deep the tree is.
#pragma once

#include <tree_sitter/api.h>

namespace portwright::source {

class Cursor {
 public:
  explicit Cursor(const TSNode& root) : cursor_(ts_tree_cursor_new(root)) {}
  Cursor(const Cursor&) = delete;
  Cursor(Cursor&&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor() { ts_tree_cursor_delete(&cursor_); }

  [[nodiscard]] TSNode node() const { return ts_tree_cursor_current_node(&cursor_); }
  // The field it is of its parent, null where it is none.
  [[nodiscard]] const char* field() const { return ts_tree_cursor_current_field_name(&cursor_); }
  [[nodiscard]] int depth() const { return depth_; }  // below the root

  bool to_first_child() {
    if (!ts_tree_cursor_goto_first_child(&cursor_)) return false;
    ++depth_;
    return true;
  }
  bool to_next_sibling() { return depth_ > 0 && ts_tree_cursor_goto_next_sibling(&cursor_); }
  bool to_parent() {
    if (depth_ == 0) return false;
    --depth_;
    return ts_tree_cursor_goto_parent(&cursor_);
  }
  // The next node in the order of the text, the root's whole tree through; false after the last.
  bool to_next_in_text() {
    if (to_first_child()) return true;
    while (!to_next_sibling()) {
      if (!to_parent()) return false;
    }
    return true;
  }

 private:
  TSTreeCursor cursor_;
  int depth_ = 0;
};

}  // namespace portwright::source
