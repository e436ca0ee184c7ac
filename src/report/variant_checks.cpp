#include "report/variant_checks.hpp"

#include <algorithm>
#include <utility>

namespace portwright::report {

using results::CheckRecord;
using results::Culprit;

namespace {

bool same_culprit(const CheckRecord& one, const CheckRecord& other) {
  if (!one.culprit || !other.culprit) return false;
  const Culprit& a = *one.culprit;
  const Culprit& b = *other.culprit;
  return a.module == b.module && a.function == b.function && a.layers == b.layers && a.port_line == b.port_line;
}

int says(const CheckRecord& check) {
  if (std::ranges::any_of(check.causes, &results::Cause::proved)) return 2;
  return check.causes.empty() ? 0 : 1;
}

}  // namespace

std::vector<VariantChecks> by_variant(const results::RunRecord& run) {
  std::vector<VariantChecks> variants;
  for (const results::VariantRecord& variant : run.variants) variants.push_back({variant, {}});
  for (const CheckRecord& check : run.checks) {
    auto found = std::ranges::find_if(variants, [&](const VariantChecks& v) { return v.variant.id == check.variant; });
    if (found == variants.end()) {
      results::VariantRecord unknown;
      unknown.id = check.variant;
      found = variants.insert(variants.end(), {std::move(unknown), {}});
    }
    found->checks.push_back(&check);
  }
  return variants;
}

std::vector<Failure> failures_of(const VariantChecks& variant) {
  std::vector<Failure> failures;
  Failure unnamed;
  for (const CheckRecord* check : variant.checks) {
    if (check->verdict != results::Verdict::fail) continue;
    const auto same =
        std::ranges::find_if(failures, [&](const Failure& failure) { return same_culprit(*failure.front(), *check); });
    if (same != failures.end()) {
      same->push_back(check);
    } else if (names_something({check})) {
      failures.push_back({check});
    } else {
      unnamed.push_back(check);
    }
  }
  if (!unnamed.empty()) failures.push_back(std::move(unnamed));
  return failures;
}

bool names_something(const Failure& failure) {
  return std::ranges::any_of(failure,
                             [](const CheckRecord* check) { return check->culprit || !check->causes.empty(); });
}

const CheckRecord& lead_of(const Failure& failure) {
  return **std::ranges::max_element(failure, {}, [](const CheckRecord* check) { return says(*check); });
}

}  // namespace portwright::report
