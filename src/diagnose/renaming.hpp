// How the port names what the reference names otherwise, learnt from modules that were found by their weights.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace portwright::diagnose {

class Renaming {
 public:
  // Two paths of one module. Equal last words tell how all modules above them are named, too:
  // "model.layers.3.mlp" is "language_model.model.layers.3.mlp".
  void learn(const std::string& reference, const std::string& port);
  // What the port may call the module, from the nearest known module on or above the path; the most often seen first.
  [[nodiscard]] std::vector<std::string> names_of(const std::string& reference) const;

 private:
  std::map<std::string, std::map<std::string, int>> seen_;  // of a path, of "" for the names' beginning
};

}  // namespace portwright::diagnose
