#include "lint/port.hpp"

#include <algorithm>

namespace portwright::lint {
namespace {

constexpr std::size_t most_classes = 32;  // of one line of bases: classes may name each other in a circle

Function function_of(const Item& definition) {
  const Item around = definition.parent();
  return {definition.child("name").text(), definition, definition.child("body"),
          around.is("decorated_definition") ? around : Item{}};
}

std::string without_dots(std::string_view module) {
  module.remove_prefix(std::min(module.find_first_not_of('.'), module.size()));
  return std::string(module);
}

std::string short_module(std::string_view module) {
  if (module == "mlx.core") return "mx";
  if (module == "mlx.nn") return "nn";
  if (module.starts_with("mlx_lm.models")) return std::string(module.substr(std::string_view("mlx_lm.models").size()));
  return std::string(module);
}

}  // namespace

const Function* Class::method(std::string_view wanted) const {
  const auto found = std::ranges::find(methods, wanted, &Function::name);
  return found == methods.end() ? nullptr : &*found;
}

std::string_view unquoted(std::string_view literal) {
  const std::size_t begin = literal.find_first_of("'\"");
  if (begin == std::string_view::npos) return literal;
  literal.remove_prefix(begin);
  const bool triple = literal.starts_with(R"(""")") || literal.starts_with("'''");
  const std::size_t quote = triple ? 3 : 1;
  return literal.size() < 2 * quote ? std::string_view{} : literal.substr(quote, literal.size() - 2 * quote);
}

std::vector<Field> fields_of(const Class& type) {
  std::vector<Field> fields;
  for (const Item& statement : type.item.child("body").children()) {
    const Item assignment = statement.is("expression_statement") ? statement.first() : statement;
    if (!assignment.is("assignment") || !assignment.child("left").is("identifier") || !assignment.child("type"))
      continue;
    fields.push_back(
        {assignment.child("left").text(), assignment, assignment.child("type"), assignment.child("right")});
  }
  return fields;
}

Port::Port(Library& library, std::filesystem::path file, source::SyntaxTree tree)
    : library_(library), file_(std::move(file)), syntax_(std::move(tree)), tree_(syntax_) {
  read_names();
  read_imports();
  read_definitions();
  read_forward();
}

void Port::read_names() {
  for (const Item& name : tree_.all("identifier")) names_[name.text()].push_back(name);
  for (const Item& literal : tree_.all("string")) strings_.insert(unquoted(literal.text()));
}

void Port::read_imports() {
  const auto add = [this](std::string module, const Item& item, bool from) {
    const bool aliased = item.is("aliased_import");
    std::string original(aliased ? item.child("name").text() : item.text());
    std::string here(aliased ? item.child("alias").text() : item.text());
    if (from) {
      imports_.push_back({std::move(module), std::move(original), std::move(here), item});
    } else {
      // `import a.b` gives the name `a`.
      if (!aliased) here = here.substr(0, here.find('.'));
      imports_.push_back({std::move(original), "", std::move(here), item});
    }
  };
  for (const Item& statement : tree_.all("import_statement")) {
    for (const Item& item : statement.children()) add("", item, false);
  }
  for (const Item& statement : tree_.all("import_from_statement")) {
    const Item module = statement.child("module_name");
    for (const Item& item : statement.children()) {
      if (!(item == module)) add(std::string(module.text()), item, true);
    }
  }
}

void Port::read_definitions() {
  for (const Item& definition : tree_.all("class_definition")) {
    const Item around = definition.parent();
    Class type{
        definition.child("name").text(), definition, around.is("decorated_definition") ? around : Item{}, {}, {}};
    for (const Item& base : definition.child("superclasses").children()) {
      if (!base.is("keyword_argument")) type.bases.push_back(base.text());
    }
    for (Item statement : definition.child("body").children()) {
      if (statement.is("decorated_definition")) statement = statement.child("definition");
      if (statement.is("function_definition")) type.methods.push_back(function_of(statement));
    }
    classes_.push_back(std::move(type));
  }
  for (const Item& definition : tree_.all("function_definition")) {
    if (!definition.around("class_definition") && !definition.around("function_definition")) {
      functions_.push_back(function_of(definition));
    }
  }
}

// From every `__call__` along `self.name(…)`, `name(…)` and `self.name` of a property.
void Port::read_forward() {
  std::vector<std::pair<Function, const Class*>> todo;
  const auto reach = [&](const Function& function, const Class* owner) {
    const auto known = [&](const Function& other) { return other.item == function.item; };
    if (std::ranges::any_of(forward_, known)) return;
    forward_.push_back(function);
    todo.emplace_back(function, owner);
  };
  for (const Class& type : classes_) {
    if (const Function* call = type.method("__call__")) reach(*call, &type);
  }
  while (!todo.empty()) {
    const auto [function, owner] = todo.back();
    todo.pop_back();
    for (const Item& attribute : function.body.all("attribute")) {
      if (owner == nullptr || attribute.child("object").text() != "self") continue;
      const std::string_view wanted = attribute.child("attribute").text();
      if (const Function* method = owner->method(wanted)) reach(*method, owner);
    }
    for (const Item& call : function.body.all("call")) {
      const auto found = std::ranges::find(functions_, call.child("function").text(), &Function::name);
      if (found != functions_.end()) reach(*found, nullptr);
    }
  }
}

bool Port::in_forward(const Item& item) const {
  return std::ranges::any_of(forward_, [&](const Function& function) { return function.body.contains(item); });
}

bool Port::gives(std::string_view name) const {
  return class_named(name) != nullptr ||
         std::ranges::any_of(imports_, [&](const ImportedName& import) { return import.here == name; }) ||
         std::ranges::any_of(tree_.root().children(), [&](const Item& statement) {
           return statement.is("expression_statement") && statement.first().child("left").text() == name;
         });
}

const Class* Port::class_named(std::string_view name) const {
  const auto found = std::ranges::find(classes_, name, &Class::name);
  return found == classes_.end() ? nullptr : &*found;
}

FoundClass Port::resolve(std::string_view name) const {
  const Port* port = this;
  std::string wanted(name);
  for (std::size_t step = 0; step < most_classes && port != nullptr; ++step) {
    if (const Class* type = port->class_named(wanted)) return {port, type};
    const std::size_t dot = wanted.find('.');
    const auto import = std::ranges::find(port->imports_, wanted.substr(0, dot), &ImportedName::here);
    if (import == port->imports_.end()) return {};
    const std::string module = short_module(import->module);
    if (!module.starts_with('.')) return {};
    if (dot == std::string::npos) {
      wanted = import->name;
      port = port->beside(without_dots(module));
    } else {  // `from . import llama` gives a module
      wanted = wanted.substr(dot + 1);
      port = port->beside(import->name.empty() ? without_dots(module) : import->name);
    }
  }
  return {};
}

std::vector<FoundClass> with_bases(const FoundClass& type) {
  std::vector<FoundClass> found;
  if (type) found.push_back(type);
  for (std::size_t i = 0; i < found.size() && found.size() < most_classes; ++i) {
    const FoundClass current = found[i];
    for (const std::string_view base : current.type->bases) {
      const FoundClass next = current.port->resolve(base);
      const auto same = [&](const FoundClass& other) { return other.type == next.type; };
      if (next && std::ranges::none_of(found, same)) found.push_back(next);
    }
  }
  return found;
}

const Function* inherited(const FoundClass& type, std::string_view method) {
  for (const FoundClass& known : with_bases(type)) {
    if (const Function* found = known.type->method(method)) return found;
  }
  return nullptr;
}

bool knows_bases(const FoundClass& type) {
  for (const FoundClass& known : with_bases(type)) {
    for (const std::string_view base : known.type->bases) {
      const bool module = base == "nn.Module" || base == "Module";
      if (!module && !known.port->resolve(base)) return false;
    }
  }
  return static_cast<bool>(type);
}

std::vector<Field> Port::config_fields() const {
  std::vector<Field> fields;
  for (const FoundClass& known : with_bases(resolve("ModelArgs"))) {
    for (const Field& field : fields_of(*known.type)) {
      if (std::ranges::find(fields, field.name, &Field::name) == fields.end()) fields.push_back(field);
    }
  }
  return fields;
}

std::string Port::full_name(const Item& expression) const {
  if (!expression.is("identifier") && !expression.is("attribute")) return {};
  std::string text(expression.text());
  const std::size_t dot = text.find('.');
  const std::string head = text.substr(0, dot);
  const std::string rest = dot == std::string::npos ? "" : text.substr(dot);
  const auto import = std::ranges::find(imports_, head, &ImportedName::here);
  if (import == imports_.end()) return text;
  const std::string module = short_module(import->module);
  if (import->name.empty()) {
    // `import mlx.core` without another name is written out in full.
    if (import->module.find('.') != std::string::npos && import->here == head && text.starts_with(import->module)) {
      return module + text.substr(import->module.size());
    }
    return (import->item.is("aliased_import") ? module : head) + rest;
  }
  if (module == "mlx" && (import->name == "core" || import->name == "nn")) {
    return (import->name == "core" ? "mx" : "nn") + rest;
  }
  return module + (module.ends_with('.') ? "" : ".") + import->name + rest;
}

std::string Port::called(const Item& call) const {
  return call.is("call") ? full_name(call.child("function")) : std::string{};
}

const Port* Port::beside(std::string_view module) const {
  if (module.empty()) return nullptr;
  std::string relative(module);
  if (!relative.starts_with("..")) std::ranges::replace(relative, '.', '/');
  const auto port = library_.open(file_.parent_path() / (relative + ".py"));
  return port ? *port : nullptr;
}

std::vector<Item> Port::named(std::string_view identifier) const {
  const auto found = names_.find(identifier);
  return found == names_.end() ? std::vector<Item>{} : found->second;
}

bool Port::uses_name(std::string_view name) const { return names_.contains(name) || strings_.contains(name); }

}  // namespace portwright::lint
