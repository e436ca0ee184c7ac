#include "harness/zoo_constants.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/files.hpp"
#include "checkpoint/model_name.hpp"
#include "harness/located.hpp"
#include "harness/provenance.hpp"
#include "harness/silent.hpp"
#include "harness/test_run.hpp"

namespace portwright::harness {
namespace {

using results::CheckRecord;
using results::Verdict;

constexpr std::string_view logits = "parity.logits";

// The constants that the base moved, with the class's own value; none where the checkpoint cannot be had.
std::map<std::string, Json> moved_constants(TestBench& bench, const TestSettings& failed) {
  const auto model = checkpoint::parse_model_name(failed.model);
  if (!model) return {};
  const auto located =
      locate(*model, failed.seed, cache_folder() / "checkpoints", made_with(bench.versions), *bench.workers);
  if (!located) return {};
  const auto made = read_json(located->folder / "portwright.json");
  if (!made) return {};
  std::map<std::string, Json> moved;
  const Json fields = made->value(Json::json_pointer("/recipe/moved"), Json::object());
  for (const auto& [field, value] : fields.items()) moved[field] = value;
  return moved;
}

// One run over all of them, the logits alone.
TestSettings settings_of_defaults(const TestSettings& failed, const std::map<std::string, Json>& moved) {
  TestSettings settings = failed;
  settings.out = failed.out / "defaults";
  settings.checks = {"load", std::string(logits)};
  settings.skip.clear();
  settings.variants.clear();
  for (const auto& [field, value] : moved) settings.variants.push_back(failed.model + "#default." + field);
  settings.model = settings.variants.front();
  settings.variants.erase(settings.variants.begin());
  return settings;
}

bool agrees(const results::RunRecord& run, const std::string& model) {
  const auto variant = std::ranges::find(run.variants, model, &results::VariantRecord::model);
  if (variant == run.variants.end()) return false;
  return std::ranges::any_of(run.checks, [&](const CheckRecord& check) {
    return check.variant == variant->id && check.id == logits && check.verdict == Verdict::pass;
  });
}

}  // namespace

std::string when_it_fails(TestBench& bench, const TestSettings& failed) {
  const auto moved = moved_constants(bench, failed);
  if (moved.empty()) return {};
  Silent silent;
  const auto run = run_test_on(bench, settings_of_defaults(failed, moved), silent);
  if (!run) return {};
  std::string fields;
  for (const auto& [field, value] : moved) {
    if (!agrees(run->record, failed.model + "#default." + field)) continue;
    fields += (fields.empty() ? "only where " : " and ") + field + " is not " + value.dump();
  }
  return fields.empty() ? "always" : fields;
}

}  // namespace portwright::harness
