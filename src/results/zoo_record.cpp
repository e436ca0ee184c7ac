#include "results/zoo_record.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "results/json_values.hpp"

namespace portwright::results {
namespace {

constexpr std::string_view zoo_schema = "portwright.zoo/1";

std::optional<double> number_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

ZooRow row_from(const Json& json) {
  return {.id = json.at("id").get<std::string>(),
          .model = json.value("model", ""),
          .port = json.value("port", ""),
          .verdict = verdict_at(json, "verdict"),
          .error = number_at(json, "error"),
          .over_floor = number_at(json, "over_floor"),
          .culprit = json.value("culprit", ""),
          .port_line = json.value("port_line", ""),
          .reason = json.value("reason", ""),
          .when = json.value("when", ""),
          .seconds = json.value("seconds", 0.0)};
}

// The check that made the verdict what it is: where several did, the one that names a culprit.
const CheckRecord* deciding(const RunRecord& run) {
  const CheckRecord* found = nullptr;
  for (const CheckRecord& check : run.checks) {
    if (!check.gates || check.verdict != run.verdict) continue;
    if (found == nullptr || (check.culprit && !found->culprit)) found = &check;
  }
  return found;
}

std::string reason_of(const CheckRecord& check) {
  return check.id + ": " + (check.causes.empty() ? check.summary : check.causes.front().sentence);
}

}  // namespace

Json to_json(const ZooRow& row) {
  return {{"id", row.id},
          {"model", row.model},
          {"port", row.port},
          {"verdict", name(row.verdict)},
          {"error", or_null(row.error)},
          {"over_floor", or_null(row.over_floor)},
          {"culprit", row.culprit},
          {"port_line", row.port_line},
          {"reason", row.reason},
          {"when", row.when},
          {"seconds", row.seconds}};
}

Json to_json(const ZooRecord& zoo) {
  Json rows = Json::array();
  for (const ZooRow& row : zoo.rows) rows.push_back(to_json(row));
  return {{"schema", zoo_schema},           {"verdict", name(verdict_of(zoo))}, {"settings", zoo.settings},
          {"environment", zoo.environment}, {"seconds", zoo.seconds},           {"rows", std::move(rows)}};
}

ZooRecord zoo_record_from(const Json& json) {
  ZooRecord zoo;
  zoo.settings = json.at("settings");
  zoo.environment = json.value("environment", Json::object());
  zoo.seconds = json.value("seconds", 0.0);
  for (const Json& row : json.at("rows")) zoo.rows.push_back(row_from(row));
  return zoo;
}

ZooRow zoo_row(const RunRecord& run) {
  ZooRow row;
  row.verdict = run.verdict;
  row.seconds = run.seconds;
  for (const CheckRecord& check : run.checks) {
    if (check.id != "parity.logits") continue;
    row.error = number_at(check.measured, "relative_l2");
    row.over_floor = number_at(check.measured, "over_floor");
  }
  if (run.verdict == Verdict::pass) return row;
  const CheckRecord* check = deciding(run);
  if (check == nullptr) return row;
  row.reason = reason_of(*check);
  if (check->culprit) {
    row.culprit = check->culprit->module;
    const std::string line = check->culprit->port_line.value_or("");
    row.port_line = line.substr(line.rfind('/') + 1);
  }
  return row;
}

Verdict verdict_of(const ZooRecord& zoo) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(zoo.rows.size());
  for (const ZooRow& row : zoo.rows) verdicts.push_back(row.verdict);
  return worst(verdicts);
}

}  // namespace portwright::results
