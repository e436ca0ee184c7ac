#include "lint/rule_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace portwright::lint {
namespace {

constexpr std::size_t few_comments = 5;
constexpr std::size_t many_comments = 20;

// Comments with a line of their own, without the head of the file (copyright).
std::vector<Item> own_line_comments(const Port& port) {
  std::set<int> lines_of_code;
  const auto statements = port.tree().root().children();
  const int first_code = statements.empty() ? 0 : statements.front().place().line;
  std::vector<Item> found;
  const std::string& text = port.syntax().text();
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(i + 1);
  }
  for (const Item& comment : port.tree().all("comment")) {
    const auto [line, column] = comment.place();
    const std::string_view before =
        std::string_view(text).substr(starts[static_cast<std::size_t>(line) - 1], static_cast<std::size_t>(column) - 1);
    const bool alone = before.find_first_not_of(" \t") == std::string_view::npos;
    if (alone && line > first_code) found.push_back(comment);
  }
  return found;
}

std::string_view words_of(const Item& comment) {
  std::string_view text = comment.text();
  text.remove_prefix(std::min(text.find_first_not_of("# \t"), text.size()));
  return text;
}

bool is_code(std::string_view text) {
  const bool of_a_model = std::ranges::any_of(
      std::initializer_list<std::string_view>{"self.", "mx.", "nn.", "args.", "config.", "weights[", "print("},
      [&](std::string_view mark) { return holds(text, mark); });
  if (!of_a_model) return false;
  const auto tree = source::SyntaxTree::parse(std::string(text) + "\n");
  if (!tree || tree->mistake()) return false;
  const auto statements = tree->root().children();
  if (statements.size() != 1) return false;
  const source::Node statement = statements.front();
  if (statement.is("return_statement")) return !statement.children().empty();
  if (!statement.is("expression_statement")) return false;
  const auto parts = statement.children();
  if (parts.size() != 1) return false;
  return parts.front().is("call") ||
         ((parts.front().is("assignment") || parts.front().is("augmented_assignment")) && parts.front().field("right"));
}

bool has_noqa(const Port& port, int line) {
  const auto comments = port.tree().all("comment");
  return std::ranges::any_of(
      comments, [&](const Item& comment) { return comment.place().line == line && holds(comment.text(), "noqa"); });
}

bool is_literal(const Item& condition) {
  const Item bare = without_parentheses(condition);
  return bare.is("true") || bare.is("false") || bare.is("integer") || bare.is("none");
}

bool leaves(const Item& statement) {
  return statement.is("return_statement") || statement.is("raise_statement") || statement.is("continue_statement") ||
         statement.is("break_statement");
}

void find_unreachable(const Port& port, Spots& found) {
  for (const Item& block : port.tree().all("block")) {
    const std::vector<Item> statements = block.children();
    for (std::size_t i = 0; i + 1 < statements.size(); ++i) {
      if (!leaves(statements[i])) continue;
      found.push_back(
          spot(statements[i + 1], fmt::format("nothing below `{}` runs", brief(statements[i].text())), "remove it"));
      break;
    }
  }
}

// Whether another file of the package imports this name from this one.
bool imported_elsewhere(const Port& port, std::string_view name) {
  std::error_code error;
  const auto folder = port.file().parent_path();
  for (std::filesystem::directory_iterator file(folder.empty() ? "." : folder, error), end; !error && file != end;
       file.increment(error)) {
    const auto& path = file->path();
    if (path.extension() != ".py" || path.filename() == port.file().filename()) continue;
    const Port* other = port.beside(path.stem().string());
    if (other == nullptr) continue;
    for (const ImportedName& import : other->imports()) {
      const bool from_here = import.module == "." + port.name();
      const bool whole = import.module == "." && import.name == port.name();
      if ((from_here && import.name == name) || (whole && other->uses_name(name))) return true;
    }
  }
  return false;
}

}  // namespace

Spots find_no_model(const Port& port) {
  Spots found;
  for (const char* name : {"Model", "ModelArgs"}) {
    if (port.gives(name)) continue;
    found.push_back({{1, 1}, fmt::format("there is no class {} here, which mlx-lm's loader asks for", name), ""});
  }
  return found;
}

Spots find_other_file_name(const Port& port) {
  const Class* config = port.class_named("ModelArgs");
  if (config == nullptr) return {};
  for (const Field& field : fields_of(*config)) {
    if (field.name != "model_type" || !field.value.is("string")) continue;
    const std::string type(unquoted(field.value.text()));
    if (type == port.name()) return {};
    const Port* loader = port.beside("../utils");
    if (loader != nullptr) {
      for (const Item& pair : loader->tree().all("pair")) {
        // The key is the type, or a pair of type and architecture.
        const bool same_file = unquoted(pair.child("value").text()) == port.name();
        if (same_file && holds(pair.child("key").text(), "\"" + type + "\"")) return {};
      }
    }
    return {spot(field.value, fmt::format("the model type is {} and the file is {}.py", type, port.name()),
                 fmt::format("name the file {}.py, or give model_type no default", type))};
  }
  return {};
}

Spots find_comments(const Port& port) {
  const auto comments = own_line_comments(port);
  if (comments.size() <= few_comments || comments.size() > many_comments) return {};
  return {spot(comments[few_comments],
               fmt::format("{} lines of comments; merged ports have one to five", comments.size()),
               "keep what the code cannot say")};
}

Spots find_many_comments(const Port& port) {
  const auto comments = own_line_comments(port);
  if (comments.size() <= many_comments) return {};
  return {spot(comments[few_comments],
               fmt::format("{} lines of comments; merged ports have one to five", comments.size()),
               "keep what the code cannot say")};
}

Spots find_commented_code(const Port& port) {
  Spots found;
  int last_line = 0;
  bool told = false;  // of a block of comments, once
  for (const Item& comment : own_line_comments(port)) {
    const int line = comment.place().line;
    told = told && line == last_line + 1;
    last_line = line;
    if (told || !is_code(words_of(comment))) continue;
    told = true;
    found.push_back(spot(comment, fmt::format("code in a comment: `{}`", brief(words_of(comment))), "remove it"));
  }
  return found;
}

Spots find_open_ends(const Port& port) {
  Spots found;
  for (const Item& comment : port.tree().all("comment")) {
    for (const std::string_view mark : {"TODO", "FIXME", "XXX", "HACK"}) {
      if (!holds(comment.text(), mark)) continue;
      found.push_back(
          spot(comment, fmt::format("an open end: `{}`", brief(words_of(comment))), "settle it or remove it"));
      break;
    }
  }
  return found;
}

Spots find_unused_imports(const Port& port) {
  Spots found;
  for (const ImportedName& import : port.imports()) {
    if (one_of(import.here, {"Model", "ModelArgs", "*", "annotations"}) || import.item.around("try_statement"))
      continue;
    const auto uses = port.named(import.here);
    const bool used = std::ranges::any_of(uses, [](const Item& item) {
      return !item.around("import_from_statement") && !item.around("import_statement");
    });
    if (used || has_noqa(port, import.item.place().line) || has_noqa(port, statement_of(import.item).place().line))
      continue;
    if (import.module.starts_with('.') && imported_elsewhere(port, import.here)) continue;
    found.push_back(spot(import.item, fmt::format("{} is imported and not used", import.here), "remove it"));
  }
  return found;
}

Spots find_foreign_imports(const Port& port) {
  Spots found;
  for (const ImportedName& import : port.imports()) {
    const std::string package = import.module.substr(0, import.module.find('.'));
    if (one_of(package, {"numpy", "torch", "transformers", "jax", "tensorflow", "einops", "scipy", "pandas", "triton",
                         "flash_attn", "keras", "cupy", "numba", "sklearn", "safetensors"})) {
      found.push_back(spot(import.item, fmt::format("{} is imported", package), "write it with mlx.core or math"));
    }
  }
  return found;
}

Spots find_work_at_import(const Port& port) {
  Spots found;
  for (const Item& statement : port.tree().root().children()) {
    if (statement.is("for_statement") || statement.is("while_statement") || statement.is("with_statement")) {
      found.push_back(spot(statement, "a loop or a block runs when the file is imported", "move it into a function"));
    }
    if (!statement.is("expression_statement")) continue;
    if (statement.first().is("call")) {
      found.push_back(spot(statement, fmt::format("`{}` runs when the file is imported", brief(statement.text())),
                           "move it into a function"));
    } else if (const Item value = statement.first().child("right")) {
      for (const Item& call : value.all("call")) {
        const std::string name = port.called(call);
        const bool work = one_of(name, {"mx.array", "mx.zeros", "mx.ones", "mx.arange", "mx.full", "mx.linspace",
                                        "open", "mx.eval", "mx.eye"}) ||
                          name.starts_with("mx.random.") || name.starts_with("os.") || name.starts_with("sys.");
        if (!work || call.around("lambda")) continue;
        found.push_back(spot(call, fmt::format("`{}` runs when the file is imported", brief(call.text())),
                             "make it where it is used"));
        break;
      }
    }
  }
  for (const char* kind : {"default_parameter", "typed_default_parameter"}) {
    for (const Item& parameter : port.tree().all(kind)) {
      const Item call = first_call(port, parameter.child("value"), {"mx.array", "mx.zeros", "mx.ones"});
      if (call && !call.around("lambda")) {
        found.push_back(spot(call,
                             fmt::format("the default `{}` is made when the file is imported", brief(call.text())),
                             "give None as the default"));
      }
    }
  }
  return found;
}

Spots find_prints(const Port& port) {
  Spots found;
  for (const Item& call : port.tree().all("call")) {
    if (call.child("function").text() == "print" && call.child("function").is("identifier")) {
      found.push_back(spot(call, "a port prints", "remove it, or raise an error"));
    }
  }
  return found;
}

Spots find_unused_definitions(const Port& port) {
  Spots found;
  const auto look = [&](std::string_view name, const Item& item) {
    if (one_of(name, {"Model", "ModelArgs"}) || port.named(name).size() > 1 || imported_elsewhere(port, name)) return;
    const auto strings = port.tree().all("string");
    if (std::ranges::any_of(strings, [&](const Item& text) { return holds(text.text(), name); })) return;
    found.push_back(spot(item.child("name"), fmt::format("{} is used nowhere", name), "remove it"));
  };
  for (const Class& type : port.classes()) {
    if (!type.item.around("function_definition") && !type.item.around("class_definition")) look(type.name, type.item);
  }
  for (const Function& function : port.functions()) look(function.name, function.item);
  return found;
}

Spots find_dead_code(const Port& port) {
  Spots found;
  for (const char* kind : {"if_statement", "elif_clause", "while_statement"}) {
    for (const Item& branch : port.tree().all(kind)) {
      const Item condition = branch.child("condition");
      const bool endless = branch.is("while_statement") && !without_parentheses(condition).is("false");
      if (is_literal(condition) && !endless) {
        found.push_back(spot(condition, fmt::format("the condition `{}` never changes", condition.text()),
                             "keep the branch that runs"));
      }
    }
  }
  for (const Item& choice : port.tree().all("conditional_expression")) {
    const auto parts = choice.children();
    if (parts.size() == 3 && parts[0].text() == parts[2].text()) {
      found.push_back(spot(choice, fmt::format("both sides of `{}` are the same", brief(choice.text())),
                           fmt::format("write {}", brief(parts[0].text()))));
    }
  }
  for (const Item& branch : port.tree().all("if_statement")) {
    const auto parts = branch.children();
    const Item otherwise = parts.empty() ? Item{} : parts.back();
    if (parts.size() == 3 && otherwise.is("else_clause") &&
        otherwise.child("body").text() == branch.child("consequence").text()) {
      found.push_back(spot(branch, "both branches are the same", "keep one"));
    }
  }
  find_unreachable(port, found);
  return found;
}

Spots find_silenced_errors(const Port& port) {
  Spots found;
  for (const Item& clause : port.tree().all("except_clause")) {
    const auto parts = clause.children();
    const Item body = parts.empty() ? Item{} : parts.back();
    const auto statements = body.is("block") ? body.children() : std::vector<Item>{};
    const bool any = parts.size() == 1 || one_of(parts.front().text(), {"Exception", "BaseException"});
    if (any && statements.size() == 1 && statements.front().is("pass_statement")) {
      found.push_back(spot(clause, "an error is caught and dropped", "let it be raised"));
    }
  }
  for (const Item& call : port.tree().all("call")) {
    if (one_of(port.called(call), {"warnings.filterwarnings", "warnings.simplefilter"})) {
      found.push_back(spot(call, "a warning is silenced", "mend what it warns of"));
    }
  }
  return found;
}

}  // namespace portwright::lint
