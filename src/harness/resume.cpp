#include "harness/resume.hpp"

namespace portwright::harness {
namespace {

Status differs(const std::string& what) {
  return fail(Fault::input, "the run to resume was made with another " + what,
              "leave out --resume, or name another folder with --out");
}

// A member of two objects, null where it is absent.
bool same(const Json& one, const Json& other, const char* key) {
  return one.value(key, Json()) == other.value(key, Json());
}

}  // namespace

Status same_question(const results::RunRecord& earlier, const results::RunRecord& now) {
  for (const char* key : {"effort", "seed", "prompt_sha256"}) {
    if (!same(earlier.settings, now.settings, key)) return differs(key);
  }
  for (const char* key : {"portwright", "mlx", "mlx_lm", "transformers", "torch"}) {
    if (!same(earlier.environment, now.environment, key)) return differs(std::string("version of ") + key);
  }
  // The installed port is known once it was loaded; a port file from the beginning.
  if (!now.port.value("sha256", Json()).is_null() && !same(earlier.port, now.port, "sha256")) return differs("port");
  return {};
}

std::map<std::string, results::CheckRecord> taken_over(const results::RunRecord& earlier, const std::string& variant) {
  std::map<std::string, results::CheckRecord> records;
  for (const results::CheckRecord& record : earlier.checks) {
    if (record.variant == variant && record.verdict != results::Verdict::error) records[record.id] = record;
  }
  return records;
}

}  // namespace portwright::harness
