#include "diff/comparison.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "diff/key_group.hpp"
#include "diff/ordered.hpp"

namespace portwright::diff {
namespace {

using source::ConfigPick;
using source::ConfigRead;
using source::ConfigTest;
using source::SourceFiles;

Status read_variants(const Settings& settings, SourceFiles& files, Comparison& comparison) {
  std::map<std::string, std::size_t> known;
  for (const NamedConfig& model : settings.models) {
    const std::string id = reference_id(model.config);
    auto reference = known.find(id);
    if (reference == known.end()) {
      auto read = read_reference(files, model.config);
      if (!read) return tl::unexpected<Error>(read.error());
      reference = known.emplace(id, comparison.references.size()).first;
      comparison.references.push_back(std::move(*read));
    }
    comparison.variants.push_back(filled(model.name, model.config, comparison.references[reference->second]));
    comparison.variants.back().reference = reference->second;
  }
  return {};
}

std::vector<std::string> all_keys(const std::vector<Variant>& variants) {
  std::vector<std::string> keys;
  std::set<std::string> seen;
  for (const Variant& variant : variants) {
    for (const std::string& key : variant.keys) {
      const bool is_hidden = key.front() == '_' || key == "model_type";
      if (!is_hidden && seen.insert(key).second) keys.push_back(key);
    }
  }
  return keys;
}

// Whether code that reads this means the key of a reference's own variants. Where none of them has the key, an element
// of it is none either.
bool means_here(const std::string& read, const Row& row, std::size_t reference, const std::vector<Variant>& variants) {
  if (!means(read, row.key)) return false;
  if (read.find(".*") == std::string::npos) return true;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (variants[i].reference == reference && row.settings[i].origin != Origin::absent) return true;
  }
  return false;
}

bool any_means(const std::vector<std::string>& reads, const Row& row, std::size_t reference,
               const std::vector<Variant>& variants) {
  return std::ranges::any_of(reads,
                             [&](const std::string& read) { return means_here(read, row, reference, variants); });
}

// What one place of a reference's code does for each variant.
std::vector<Taken> taken_by(const ConfigTest& test, std::size_t reference, const std::vector<Variant>& variants) {
  std::vector<Taken> all;
  for (const Variant& variant : variants) {
    Taken taken;
    const source::KeyValues values = test.in_config ? variant.given_values() : variant.values();
    taken.runs = variant.reference == reference && source::runs(test.when, values) != std::optional(false);
    if (taken.runs) taken.outcome = source::outcome(test.condition, values);
    all.push_back(taken);
  }
  return all;
}

bool runs_for_any(const std::vector<source::Guard>& when, std::size_t reference, const std::vector<Variant>& variants) {
  return std::ranges::any_of(variants, [&](const Variant& variant) {
    return variant.reference == reference && source::runs(when, variant.values()) != std::optional(false);
  });
}

void add_picks(Row& row, const ReferenceCode& code, std::size_t index, const std::vector<Variant>& variants) {
  for (const ConfigPick& pick : code.code.picks) {
    if (!any_means(source::keys_of(pick.index), row, index, variants)) continue;
    Picked picked{{pick.line, pick.code, pick.where}, {}};
    for (const Variant& variant : variants) {
      const auto value = variant.reference == index && source::runs(pick.when, variant.values()) != std::optional(false)
                             ? source::evaluate(pick.index, variant.values())
                             : std::nullopt;
      const auto entry =
          value && value->is_string() ? pick.entries.find(value->get<std::string>()) : pick.entries.end();
      picked.entries.push_back(entry == pick.entries.end() ? "" : entry->second);
    }
    if (std::ranges::any_of(picked.entries, [](const std::string& entry) { return !entry.empty(); })) {
      row.picks.push_back(std::move(picked));
    }
  }
}

// A condition of many keys says little of each.
constexpr std::size_t most_keys = 4;

bool is_told(const Taken& taken) { return taken.runs && taken.outcome.taken + taken.outcome.not_taken > 0; }

void add_code(Row& row, const ReferenceCode& code, std::size_t index, const std::vector<Variant>& variants) {
  for (const ConfigRead& read : code.code.reads) {
    const bool is_known = std::ranges::find(row.reads, read.line, &Place::line) != row.reads.end();
    if (!is_known && means_here(read.key, row, index, variants) && runs_for_any(read.when, index, variants)) {
      row.reads.push_back({read.line, read.code, read.where});
    }
  }
  for (const ConfigTest& test : code.code.tests) {
    const std::vector<std::string> keys = source::keys_of(test.condition);
    if (keys.size() > most_keys || !any_means(keys, row, index, variants)) continue;
    Decision decision{{test.line, test.code, test.where}, test.then, test.otherwise, taken_by(test, index, variants)};
    if (std::ranges::none_of(decision.taken, &Taken::runs)) continue;
    if (std::ranges::any_of(decision.taken, is_told)) {
      row.decisions.push_back(std::move(decision));
    } else if (std::ranges::find(row.reads, test.line, &Place::line) == row.reads.end()) {
      row.reads.push_back(std::move(decision.place));
    }
  }
  add_picks(row, code, index, variants);
}

bool is_same(const Taken& a, const Taken& b) {
  return a.outcome.taken == b.outcome.taken && a.outcome.not_taken == b.outcome.not_taken &&
         a.outcome.unknown == b.outcome.unknown;
}

bool switches(const Decision& decision) {
  const Taken* first = nullptr;
  for (const Taken& taken : decision.taken) {
    if (!taken.runs) continue;
    if (first != nullptr && !is_same(*first, taken)) return true;
    first = &taken;
  }
  return false;
}

bool picks_differ(const Picked& picked) {
  std::set<std::string> different(picked.entries.begin(), picked.entries.end());
  different.erase("");
  return different.size() > 1;
}

Group group_of(const Row& row) {
  const Group named = group_of_name(row.key);
  if (named == Group::dtype) return named;  // what loads a model asks for it, not its code
  if (row.reads.empty() && row.decisions.empty() && row.picks.empty()) return Group::unread;
  if (named != Group::others) return named;
  const bool decides = std::ranges::any_of(row.decisions, switches) || std::ranges::any_of(row.picks, picks_differ);
  return decides ? Group::switches : Group::others;
}

// Of a config within the config, other than the text's: its keys come after those of the text.
bool is_aside(const std::string& key) {
  const std::size_t config = key.find("_config.");
  return config != std::string::npos && !key.starts_with("text_config.");
}

std::vector<Row> differing_rows(Comparison& comparison) {
  std::vector<Row> rows;
  for (const std::string& key : all_keys(comparison.variants)) {
    Row row;
    row.key = key;
    for (const Variant& variant : comparison.variants) row.settings.push_back(variant.at(key));
    const bool is_equal =
        std::ranges::all_of(row.settings, [&](const Setting& setting) { return alike(setting, row.settings.front()); });
    if (is_equal) {
      ++comparison.equal;
      continue;
    }
    for (std::size_t i = 0; i < comparison.references.size(); ++i) {
      add_code(row, comparison.references[i], i, comparison.variants);
    }
    row.group = group_of(row);
    rows.push_back(std::move(row));
  }
  put_in_order(rows, [](const Row& row) { return std::pair(row.group, is_aside(row.key)); });
  return rows;
}

}  // namespace

bool alike(const Setting& a, const Setting& b) {
  if (!a.known || !b.known) return a.known == b.known && a.expression == b.expression;
  return a.value == b.value;
}

Result<Comparison> compare(const Settings& settings) {
  SourceFiles files("", settings.transformers);
  Comparison comparison;
  if (const auto read = read_variants(settings, files, comparison); !read) return tl::unexpected<Error>(read.error());
  comparison.rows = differing_rows(comparison);
  if (settings.port.empty()) return comparison;
  auto port = read_port(settings.port, settings.mlx_models, comparison.variants, comparison.references);
  if (!port) return tl::unexpected<Error>(port.error());
  comparison.port = std::move(*port);
  return comparison;
}

}  // namespace portwright::diff
