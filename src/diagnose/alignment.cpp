#include "diagnose/alignment.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <span>

#include "diagnose/layout.hpp"
#include "diagnose/renaming.hpp"

namespace portwright::diagnose {
namespace {

Shape without_leading_ones(const Shape& shape) {
  auto first = std::find_if(shape.begin(), shape.end(), [](std::int64_t n) { return n != 1; });
  return {first, shape.end()};
}

std::int64_t product(std::span<const std::int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::vector<std::string> owners_without_partner(const std::vector<Call>& calls, const std::vector<Call>& others) {
  std::set<std::string> names;
  for (const Call& other : others) names.insert(other.name());
  std::set<std::string> owners;
  for (const Call& call : calls) {
    if (names.contains(call.name()) || call.path == root_path || !function_of(call.path).empty()) continue;
    owners.insert(owner_of(call.path));
  }
  return {owners.begin(), owners.end()};
}

// Collects what has no partner by starred path, so that thirty layers are one line.
class Leftovers {
 public:
  void add(const std::string& path, const std::string& why) {
    const Starred star = starred(path);
    auto found = std::find_if(list_.begin(), list_.end(),
                              [&](const Unaligned& entry) { return entry.path == star.path && entry.why == why; });
    if (found == list_.end()) found = list_.insert(list_.end(), Unaligned{star.path, {}, why});
    if (star.layer && (found->layers.empty() || found->layers.back() != *star.layer))
      found->layers.push_back(*star.layer);
  }
  [[nodiscard]] std::vector<Unaligned> take() { return std::move(list_); }

 private:
  std::vector<Unaligned> list_;
};

std::map<std::string, std::size_t> by_name(const std::vector<Call>& calls) {
  std::map<std::string, std::size_t> result;
  for (std::size_t i = 0; i < calls.size(); ++i) result.emplace(calls[i].name(), i);
  return result;
}

std::string why_alone(const std::string& path, const Fingerprints& weights) {
  if (!function_of(path).empty()) return "the other side's module calls no such function that can be watched";
  if (!weights.contains(owner_of(path))) return "owns no weights, and the other side calls no module of this path";
  return "the other side calls no module of this path or with these weights";
}

}  // namespace

bool same_layout(const Array& a, const Array& b) {
  if (a.dtype.empty() || b.dtype.empty()) return false;
  const Shape x = without_leading_ones(a.shape);
  const Shape y = without_leading_ones(b.shape);
  if (x == y) return true;
  if (x.empty() || y.empty() || x.back() != y.back()) return false;
  // One side flattened the batch and position axes into rows; two different ranks above two would be a transposition.
  if (std::min(x.size(), y.size()) > 2) return false;
  return product(x) == product(y);
}

std::string owner_of(const std::string& path) {
  constexpr std::string_view tied = ".as_linear";
  if (path.size() > tied.size() && path.ends_with(tied)) return path.substr(0, path.size() - tied.size());
  return path;
}

const Pair* Alignment::of_reference(std::size_t call) const {
  auto found = std::lower_bound(pairs.begin(), pairs.end(), call,
                                [](const Pair& pair, std::size_t value) { return pair.reference < value; });
  return found != pairs.end() && found->reference == call ? &*found : nullptr;
}

Unmatched unmatched_by_path(const std::vector<Call>& reference, const std::vector<Call>& port) {
  return {owners_without_partner(reference, port), owners_without_partner(port, reference)};
}

Alignment align(const std::vector<Call>& reference, const std::vector<Call>& port,
                const Fingerprints& reference_weights, const Fingerprints& port_weights) {
  Alignment result;
  std::vector<bool> port_taken(port.size(), false);
  std::vector<bool> reference_taken(reference.size(), false);
  const auto pair_up = [&](std::size_t r, std::size_t p, bool by_weights) {
    reference_taken[r] = port_taken[p] = true;
    result.pairs.push_back(
        {r, p, by_weights, same_layout(reference[r].in, port[p].in), same_layout(reference[r].out, port[p].out)});
  };

  const std::map<std::string, std::size_t> port_by_name = by_name(port);
  for (std::size_t r = 0; r < reference.size(); ++r) {
    if (auto found = port_by_name.find(reference[r].name()); found != port_by_name.end())
      pair_up(r, found->second, false);
  }

  std::multimap<std::string, std::size_t> port_by_weights;
  for (std::size_t p = 0; p < port.size(); ++p) {
    if (port_taken[p] || !function_of(port[p].path).empty()) continue;
    if (auto weights = port_weights.find(owner_of(port[p].path)); weights != port_weights.end()) {
      port_by_weights.emplace(weights->second, p);
    }
  }
  for (std::size_t r = 0; r < reference.size(); ++r) {
    if (reference_taken[r] || !function_of(reference[r].path).empty()) continue;
    const auto weights = reference_weights.find(owner_of(reference[r].path));
    if (weights == reference_weights.end()) continue;
    auto [first, last] = port_by_weights.equal_range(weights->second);
    auto found = std::find_if(first, last, [&](const auto& entry) {
      return !port_taken[entry.second] && same_layout(reference[r].out, port[entry.second].out);
    });
    if (found != last) pair_up(r, found->second, true);
  }
  // A module without weights, or whose weights `sanitize` changed, stands where its neighbours' names say.
  Renaming renaming;
  for (const Pair& pair : result.pairs) {
    if (pair.by_weights) renaming.learn(reference[pair.reference].path, port[pair.port].path);
  }
  for (std::size_t r = 0; r < reference.size(); ++r) {
    if (reference_taken[r] || !function_of(reference[r].path).empty()) continue;
    for (std::string& name : renaming.names_of(reference[r].path)) {
      Call wanted = reference[r];
      wanted.path = std::move(name);
      const auto found = port_by_name.find(wanted.name());
      if (found == port_by_name.end() || port_taken[found->second]) continue;
      if (!same_layout(reference[r].out, port[found->second].out)) continue;
      pair_up(r, found->second, true);
      break;
    }
  }
  // A function has no weights: it is found where the module that runs it was found.
  std::map<std::string, std::string> port_path;
  for (const Pair& pair : result.pairs) port_path.emplace(reference[pair.reference].path, port[pair.port].path);
  for (std::size_t r = 0; r < reference.size(); ++r) {
    const auto owner = port_path.find(module_of(reference[r].path));
    if (reference_taken[r] || function_of(reference[r].path).empty() || owner == port_path.end()) continue;
    Call wanted = reference[r];
    wanted.path = owner->second + ".@" + function_of(reference[r].path);
    const auto found = port_by_name.find(wanted.name());
    if (found != port_by_name.end() && !port_taken[found->second]) pair_up(r, found->second, true);
  }
  std::sort(result.pairs.begin(), result.pairs.end(),
            [](const Pair& a, const Pair& b) { return a.reference < b.reference; });

  Leftovers reference_only;
  for (std::size_t r = 0; r < reference.size(); ++r) {
    if (!reference_taken[r]) reference_only.add(reference[r].path, why_alone(reference[r].path, reference_weights));
  }
  for (const Pair& pair : result.pairs) {
    const Call& call = reference[pair.reference];
    if (!pair.out && !call.out.dtype.empty())
      reference_only.add(call.path, "its output has another layout in the port");
  }
  Leftovers port_only;
  for (std::size_t p = 0; p < port.size(); ++p) {
    if (!port_taken[p]) port_only.add(port[p].path, why_alone(port[p].path, port_weights));
  }
  result.reference_only = reference_only.take();
  result.port_only = port_only.take();
  return result;
}

}  // namespace portwright::diagnose
