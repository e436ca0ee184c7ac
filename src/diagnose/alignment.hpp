// Which call of the port is which call of the reference: by path first, by the weights they own second, by the names
// of what was found so third.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/calls.hpp"

namespace portwright::diagnose {

// Fingerprint of all weights below a module, by module path (docs/probe-protocol.md, "fingerprint").
using Fingerprints = std::map<std::string, std::string>;

struct Pair {
  std::size_t reference = 0;  // index into the reference's calls
  std::size_t port = 0;
  bool by_weights = false;  // or by the names of neighbours found so: the paths differ
  bool in = false;          // the inputs have the same layout and can be compared
  bool out = false;         // the outputs
};

struct Unaligned {
  std::string path;         // starred
  std::vector<int> layers;  // of the star; empty without one
  std::string why;
};

struct Alignment {
  std::vector<Pair> pairs;  // in the order of the reference's calls
  std::vector<Unaligned> reference_only;
  std::vector<Unaligned> port_only;

  [[nodiscard]] const Pair* of_reference(std::size_t call) const;  // null where there is none
};

// Module paths whose fingerprints are needed because their calls have no partner of the same path.
struct Unmatched {
  std::vector<std::string> reference;
  std::vector<std::string> port;
};
[[nodiscard]] Unmatched unmatched_by_path(const std::vector<Call>& reference, const std::vector<Call>& port);

// Nothing is dropped silently: a call without partner, and a pair whose arrays differ in layout, is listed with the
// reason.
[[nodiscard]] Alignment align(const std::vector<Call>& reference, const std::vector<Call>& port,
                              const Fingerprints& reference_weights, const Fingerprints& port_weights);

// The same array but for leading axes of one and flattened batch and position axes.
[[nodiscard]] bool same_layout(const Array& a, const Array& b);

// The module that owns the weights a call uses: an embedding's `as_linear` belongs to the embedding.
[[nodiscard]] std::string owner_of(const std::string& path);

}  // namespace portwright::diagnose
