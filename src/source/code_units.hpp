// The functions and methods that a model is made of, found along what is built and called.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "source/config_reads.hpp"
#include "source/key_terms.hpp"

namespace portwright::source {

// One function, and what must hold for it to be called.
struct CodeUnit {
  Scope scope;
  std::vector<Guard> when;
};

// A dictionary with string keys at the top of a file: ACT2FN, ROPE_INIT_FUNCTIONS.
struct Table {
  const SourceFile* file = nullptr;
  std::map<std::string, Node, std::less<>> entries;

  explicit operator bool() const { return !entries.empty(); }
};

class CodeUnits {
 public:
  explicit CodeUnits(SourceFiles& files) : files_(files), terms_(files) {}

  [[nodiscard]] KeyTerms& terms() { return terms_; }

  // Starts a round at the roots; what the round before learnt stays.
  void begin(const std::vector<ConfigRoot>& roots);
  // Null at the end. Valid until `begin`.
  [[nodiscard]] const CodeUnit* next();
  // Queues what a call reaches, and remembers what it is given.
  void note_call(const Node& call, const CodeUnit& by, const std::vector<Guard>& when);
  [[nodiscard]] Table table(const Node& name, const Scope& scope);
  // Config classes of this round, each with the key of the config that it was made from.
  [[nodiscard]] const std::vector<ConfigMade>& made() const { return made_; }

 private:
  struct Callee {
    Definition definition;
    Definition owner;         // of a method
    std::vector<Guard> when;  // beyond those of the call
  };

  [[nodiscard]] std::vector<Callee> callees(const Node& function, const Scope& scope, int depth = 0);
  [[nodiscard]] std::vector<Callee> picked(const Node& subscript, const Scope& scope);
  [[nodiscard]] bool is_model_code(const SourceFile& file) const;
  // A file of transformers itself, not of one model.
  [[nodiscard]] bool is_base_of_all(const SourceFile& file) const;
  void enter_class(const Definition& type, const std::vector<Guard>& when);
  void enter_config(const Definition& type, const Term& config, const std::vector<Guard>& when);
  void enter(const Scope& scope, const std::vector<Guard>& when);
  void bind_arguments(const Node& call, const Scope& scope, const Node& function);

  SourceFiles& files_;
  KeyTerms terms_;
  std::deque<CodeUnit> units_;
  std::size_t next_ = 0;
  std::vector<ConfigMade> made_;
  using UnitKey = std::pair<const void*, const void*>;  // its function and owner
  std::set<UnitKey> known_;
  // What holds wherever a unit is reached: of this round so far, and of the whole round before.
  std::map<UnitKey, std::vector<Guard>> when_;
  std::map<UnitKey, std::vector<Guard>> before_;
};

}  // namespace portwright::source
