// How alike two structures are, as one number.
#pragma once

#include <map>
#include <span>
#include <string>

#include "closest/structure.hpp"

namespace portwright::closest {

// In how many of the structures each config field and each parameter is: what all have tells nothing.
class Rarity {
 public:
  explicit Rarity(std::span<const Structure> structures);

  [[nodiscard]] double of_key(std::string_view name) const;
  [[nodiscard]] double of_parameter(std::string_view name) const;

 private:
  using Counts = std::map<std::string, std::size_t, std::less<>>;
  [[nodiscard]] double of(const Counts& counts, std::string_view name) const;

  Counts keys_;
  Counts parameters_;
  std::size_t whole_ = 0;
};

// Each from 0 to 1.
struct Similarity {
  double facts = 0;
  double keys = 0;
  double parameters = 0;

  [[nodiscard]] double weighted() const;
};

// users: how many other ports rest on this one (by import or remapping). Of two that are alike, the one that others
// were made from is the better to start from.
[[nodiscard]] double score(const Similarity& similarity, std::size_t users);

// Of what both have, over what either has. What a port can and a config may leave out counts little against it.
[[nodiscard]] Similarity similarity(const Structure& reference, const Structure& port, const Rarity& rarity);

}  // namespace portwright::closest
