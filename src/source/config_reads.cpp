#include "source/config_reads.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "source/code_units.hpp"
#include "source/literal.hpp"

namespace portwright::source {
namespace {

constexpr int deepest_statement = 150;

std::string place_name(const CodeUnit& unit) {
  const std::string function(unit.scope.function.field("name").text());
  return unit.scope.owner ? unit.scope.owner.name() + "." + function : function;
}

// The first statement of a block, which says what a branch does.
std::string first_statement(Node block) {
  if (block.is("else_clause")) block = block.field("body");
  if (block.is("elif_clause")) return "elif " + on_one_line(block.field("condition").text());
  for (const Node& statement : block.children()) {
    const bool is_docstring = statement.is("expression_statement") && !statement.children().empty() &&
                              statement.children().front().is("string");
    if (!is_docstring) return on_one_line(statement.text());
  }
  return "";
}

// A branch that only complains decides nothing.
bool only_complains(const Node& block) {
  return std::ranges::all_of(block.children(), [](const Node& statement) {
    return statement.is("raise_statement") || statement.text().starts_with("logger.") ||
           statement.text().starts_with("warnings.");
  });
}

std::string code_of(const Node& node) {
  const std::string line = on_one_line(node.line(), 200);
  const std::size_t comment = line.find(" # ");
  const bool is_comment = comment != std::string::npos && line.find_first_of("'\"", comment) == std::string::npos;
  return on_one_line(is_comment ? std::string_view(line).substr(0, comment) : std::string_view(line));
}

bool is_access(const Node& node) {
  if (node.is("attribute") || node.is("subscript")) return true;
  if (!node.is("call")) return false;
  const Node function = node.field("function");
  const std::string_view name = function.is("attribute") ? function.field("attribute").text() : function.text();
  constexpr std::array readers{"getattr", "get", "pop", "setdefault", "hasattr"};
  return std::ranges::find(readers, name) != readers.end();
}

// Keys that a term is, not those that decide between them.
void collect_meant(const Term& term, std::vector<const Term*>& found) {
  switch (term.kind) {
    case Term::Kind::key:
      found.push_back(&term);
      break;
    case Term::Kind::choice:
      collect_meant(term.parts[1], found);
      collect_meant(term.parts[2], found);
      break;
    case Term::Kind::several:
      for (const Term& part : term.parts) collect_meant(part, found);
      break;
    case Term::Kind::operation:
      if (term.name == "has") collect_meant(term.parts[0], found);
      break;
    case Term::Kind::constant:
    case Term::Kind::unknown:
      break;
  }
}

// Goes through one function and notes what it reads and decides.
class Reading {
 public:
  Reading(CodeUnits& units, const CodeUnit& unit, ConfigCode* code)
      : units_(units), terms_(units.terms()), unit_(unit), code_(code) {}

  void all() { visit(unit_.scope.function.field("body"), unit_.when, 0); }

 private:
  using When = std::vector<Guard>;

  [[nodiscard]] Term term(const Node& node) { return terms_.of(node, unit_.scope); }
  [[nodiscard]] Line line(const Node& node) const { return {unit_.scope.file->path, node.place().line}; }

  static When with(const When& when, const Term& condition, bool holds) {
    if (keys_of(condition).empty()) return when;
    When more = when;
    more.push_back({condition, holds});
    return more;
  }

  void visit(const Node& node, const When& when, int depth) {
    if (!node || depth > deepest_statement || node.is("raise_statement") || node.is("assert_statement")) return;
    if (node.is("if_statement")) return visit_if(node, when, depth);
    if (node.is("conditional_expression") && node.children().size() == 3) return visit_choice(node, when, depth);
    if (node.is("boolean_operator")) note_either(node, when);
    if (node.is("assignment")) return visit_assignment(node, when, depth);
    if (node.is("call")) units_.note_call(node, unit_, when);
    if (is_access(node) && note_read(node, when)) return visit_inside_access(node, when, depth);
    if (node.is("call") && node.field("function").is("attribute")) {
      // The method of a config is no key.
      visit(node.field("function").field("object"), when, depth + 1);
      return visit(node.field("arguments"), when, depth + 1);
    }
    for (const Node& child : node.children()) visit(child, when, depth + 1);
  }

  void visit_if(const Node& node, When when, int depth) {
    const Node condition = node.field("condition");
    Node body = node.field("consequence");
    std::vector<Node> rest;
    for (const Node& child : node.children()) {
      if (child.is("elif_clause") || child.is("else_clause")) rest.push_back(child);
    }
    const std::string otherwise = rest.empty() ? "" : first_statement(rest.front());
    when = visit_branch(node, condition, body, otherwise, when, depth);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (rest[i].is("else_clause")) {
        ++ifs_;
        visit(rest[i].field("body"), when, depth + 1);
        --ifs_;
        continue;
      }
      const std::string next = i + 1 < rest.size() ? first_statement(rest[i + 1]) : "";
      when = visit_branch(rest[i], rest[i].field("condition"), rest[i].field("consequence"), next, when, depth);
    }
  }

  // Gives what holds for the branches after it.
  When visit_branch(const Node& whole, const Node& condition, const Node& body, const std::string& otherwise,
                    const When& when, int depth) {
    const Term decided = term(condition);
    if (!only_complains(body)) {
      const std::string word = whole.is("elif_clause") ? "elif " : "if ";
      note_test(decided, condition, word + on_one_line(condition.text()), first_statement(body), otherwise, when);
    }
    visit_condition(condition, when, depth + 1);
    ++ifs_;
    visit(body, with(when, decided, true), depth + 1);
    --ifs_;
    return with(when, decided, false);
  }

  // Reads and calls count; the `and` and `or` of a condition are no choices of their own.
  void visit_condition(const Node& node, const When& when, int depth) {
    if (node.is("boolean_operator") || node.is("not_operator") || node.is("parenthesized_expression")) {
      for (const Node& child : node.children()) visit_condition(child, when, depth + 1);
    } else {
      visit(node, when, depth + 1);
    }
  }

  void visit_choice(const Node& node, const When& when, int depth) {
    const std::vector<Node> parts = node.children();
    const Term decided = term(parts[1]);
    note_test(decided, node, on_one_line(node.text()), on_one_line(parts[0].text()), on_one_line(parts[2].text()),
              when);
    visit_condition(parts[1], when, depth + 1);
    visit(parts[0], with(when, decided, true), depth + 1);
    visit(parts[2], with(when, decided, false), depth + 1);
  }

  void note_either(const Node& node, const When& when) {
    if (node.field("operator").text() != "or") return;
    const Node left = node.field("left");
    note_test(term(left), node, on_one_line(node.text()), on_one_line(left.text()),
              on_one_line(node.field("right").text()), when);
  }

  void visit_assignment(const Node& node, const When& when, int depth) {
    const Node left = node.field("left");
    if (left.is("subscript")) visit(left.field("subscript"), when, depth + 1);
    if (unit_.scope.is_config && left.is("attribute") && left.field("object").text() == "self") {
      note_write(left, node.field("right"), when);
    }
    visit(node.field("right"), when, depth + 1);
  }

  void note_write(const Node& left, const Node& right, const When& when) {
    const std::string_view method = unit_.scope.function.field("name").text();
    const Term key = term(left);
    if (code_ == nullptr || key.kind != Term::Kind::key || (method != "__post_init__" && method != "__init__")) return;
    const Term value = term(right);
    if (value == key) return;  // an older config's `self.n_embd = n_embd`
    code_->writes.push_back({key.name, value, line(left), on_one_line(right.text()), when, ifs_ > 0});
  }

  // The index of a subscript and the arguments of a call may read other keys.
  void visit_inside_access(const Node& node, const When& when, int depth) {
    if (node.is("subscript")) {
      visit(node.field("subscript"), when, depth + 1);
      if (node.field("value").is("subscript")) visit_inside_access(node.field("value"), when, depth + 1);
    } else if (node.is("attribute")) {
      if (node.field("object").is("subscript")) visit_inside_access(node.field("object"), when, depth + 1);
    } else {
      for (const Node& argument : node.field("arguments").children()) {
        if (!argument.is("identifier") && !argument.is("string") && !is_access(argument))
          visit(argument, when, depth + 1);
      }
    }
  }

  // False where the node asks no config for anything.
  bool note_read(const Node& node, const When& when) {
    if (node.is("attribute") && node.field("object").text() == "self" && !unit_.scope.is_config) return false;
    const Term read = term(node);
    std::vector<const Term*> meant;
    collect_meant(read, meant);
    std::erase_if(meant, [](const Term* key) { return key->name.empty() || key->name == "#"; });
    if (meant.empty()) {
      if (node.is("subscript")) note_pick(node, when);
      return false;
    }
    if (code_ == nullptr) return true;
    for (const Term* key : meant) {
      const bool has = key->parts.empty();
      code_->reads.push_back({key->name, line(node), code_of(node), place_name(unit_),
                              has ? std::nullopt : std::optional(key->parts.front()), when});
    }
    return true;
  }

  void note_test(const Term& condition, const Node& at, std::string code, std::string then, std::string otherwise,
                 const When& when) {
    if (code_ == nullptr || keys_of(condition).empty()) return;
    code_->tests.push_back({condition, line(at), std::move(code), place_name(unit_), std::move(then),
                            std::move(otherwise), when, unit_.scope.is_config});
  }

  void note_pick(const Node& node, const When& when) {
    if (code_ == nullptr || !node.field("value").is("identifier")) return;
    const Table table = units_.table(node.field("value"), unit_.scope);
    if (!table) return;
    const Term index = term(node.field("subscript"));
    if (keys_of(index).empty()) return;
    ConfigPick pick{index, line(node), on_one_line(node.text()), place_name(unit_), {}, when};
    for (const auto& [value, entry] : table.entries) pick.entries.emplace(value, on_one_line(entry.text(), 60));
    code_->picks.push_back(std::move(pick));
  }

  CodeUnits& units_;
  KeyTerms& terms_;
  const CodeUnit& unit_;
  int ifs_ = 0;       // around what is visited
  ConfigCode* code_;  // null while only learning what is called with what
};

template <class Item>
void sort_by_place(std::vector<Item>& items) {
  std::ranges::sort(items, {}, [](const Item& item) {
    return std::tuple(item.line.file.native(), item.line.line, item.code, item.where);
  });
}

// A method that a class has from its base is gone through once for each; the place is one.
void drop_repeats(std::vector<ConfigRead>& reads) {
  std::set<std::tuple<std::string, std::string, int>> seen;
  std::erase_if(reads, [&](const ConfigRead& read) {
    return !seen.emplace(read.key, read.line.file.string(), read.line.line).second;
  });
}

template <class Item>
void drop_equal(std::vector<Item>& items, const Term Item::* term) {
  std::vector<Item> kept;
  for (Item& item : items) {
    const bool is_known = std::ranges::any_of(kept, [&](const Item& one) {
      return one.line == item.line && one.code == item.code && one.*term == item.*term;
    });
    if (!is_known) kept.push_back(std::move(item));
  }
  items = std::move(kept);
}

}  // namespace

ConfigCode config_reads(SourceFiles& files, const std::vector<ConfigRoot>& roots) {
  CodeUnits units(files);
  // What a function is called with may be known only after a later one was gone through.
  constexpr int most_rounds = 5;
  for (int round = 0; round < most_rounds; ++round) {
    units.begin(roots);
    while (const CodeUnit* unit = units.next()) Reading(units, *unit, nullptr).all();
    if (!units.terms().learnt()) break;
  }
  ConfigCode code;
  units.begin(roots);
  while (const CodeUnit* unit = units.next()) Reading(units, *unit, &code).all();
  code.made = units.made();
  sort_by_place(code.reads);
  sort_by_place(code.tests);
  sort_by_place(code.picks);
  drop_repeats(code.reads);
  drop_equal(code.tests, &ConfigTest::condition);
  drop_equal(code.picks, &ConfigPick::index);
  return code;
}

std::optional<bool> runs(const std::vector<Guard>& when, const KeyValues& values) {
  std::optional<bool> all = true;
  for (const Guard& guard : when) {
    const Outcome found = outcome(guard.condition, values);
    if ((guard.holds ? found.taken : found.not_taken) > 0) continue;
    if (found.unknown == 0) return false;
    all = std::nullopt;
  }
  return all;
}

}  // namespace portwright::source
