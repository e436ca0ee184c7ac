#include "results/check_record.hpp"

#include <cmath>

#include "results/json_values.hpp"

namespace portwright::results {
namespace {

Json to_json(const Culprit& culprit) {
  return {{"module", culprit.module},
          {"function", or_null(culprit.function)},
          {"layers", culprit.layers},
          {"port_line", or_null(culprit.port_line)}};
}

Culprit culprit_from(const Json& json) {
  return {.module = json.at("module").get<std::string>(),
          .function = optional_at<std::string>(json, "function"),
          .layers = array_at(json, "layers").get<std::vector<int>>(),
          .port_line = optional_at<std::string>(json, "port_line")};
}

Json to_json(const Cause& cause) {
  Json json{{"name", cause.name},
            {"certainty", cause.proved ? "proved" : "likely"},
            {"field", or_null(cause.field)},
            {"when", cause.when},
            {"error_removed", std::isfinite(cause.error_removed) ? cause.error_removed : 0.0},
            {"sentence", cause.sentence}};
  if (cause.module) json["module"] = *cause.module;
  return json;
}

Cause cause_from(const Json& json) {
  const std::string certainty = json.at("certainty").get<std::string>();
  if (certainty != "proved" && certainty != "likely") wrong_shape("'" + certainty + "' is no certainty of a cause");
  return {.name = json.at("name").get<std::string>(),
          .proved = certainty == "proved",
          .field = optional_at<std::string>(json, "field"),
          .when = json.value("when", "always"),
          .error_removed = json.at("error_removed").get<double>(),
          .sentence = json.at("sentence").get<std::string>(),
          .module = optional_at<std::string>(json, "module")};
}

Json to_json(const Series& series) {
  return {{"name", series.name},
          {"unit", series.unit},
          {"axes", series.axes},
          {"values", with_named_numbers(series.values)},
          {"floor", or_null(series.floor)},
          {"band", or_null(series.band)}};
}

Series series_from(const Json& json) {
  return {.name = json.at("name").get<std::string>(),
          .unit = json.value("unit", ""),
          .axes = array_at(json, "axes"),
          .values = array_at(json, "values"),
          .floor = optional_at<double>(json, "floor"),
          .band = optional_at<double>(json, "band")};
}

template <class T>
Json list_of(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(to_json(item));
  return list;
}

}  // namespace

Json to_json(const CheckRecord& record) {
  return {{"id", record.id},
          {"variant", record.variant},
          {"verdict", name(record.verdict)},
          {"gates", record.gates},
          {"summary", record.summary},
          {"lane", record.lane},
          {"culprit", record.culprit ? to_json(*record.culprit) : Json(nullptr)},
          {"where", record.where},
          {"causes", list_of(record.causes)},
          {"conditions", record.conditions},
          {"measured", with_named_numbers(record.measured)},
          {"threshold", with_named_numbers(record.threshold)},
          {"sensitivity", with_named_numbers(record.sensitivity)},
          {"series", list_of(record.series)},
          {"would_decide", or_null(record.would_decide)},
          {"accepted", record.accepted},
          {"evidence", record.evidence},
          {"seconds", record.seconds},
          {"command", record.command}};
}

CheckRecord check_record_from(const Json& json) {
  CheckRecord record;
  record.id = json.at("id").get<std::string>();
  record.variant = json.at("variant").get<std::string>();
  record.verdict = verdict_at(json, "verdict");
  record.gates = json.at("gates").get<bool>();
  record.summary = json.at("summary").get<std::string>();
  record.lane = json.at("lane").get<std::string>();
  if (const auto culprit = json.find("culprit"); culprit != json.end() && !culprit->is_null()) {
    record.culprit = culprit_from(*culprit);
  }
  record.where = object_at(json, "where");
  for (const Json& cause : array_at(json, "causes")) record.causes.push_back(cause_from(cause));
  record.conditions = object_at(json, "conditions");
  record.measured = object_at(json, "measured");
  record.threshold = object_at(json, "threshold");
  record.sensitivity = object_at(json, "sensitivity");
  for (const Json& series : array_at(json, "series")) record.series.push_back(series_from(series));
  record.would_decide = optional_at<std::string>(json, "would_decide");
  record.accepted = json.value("accepted", Json());
  record.evidence = array_at(json, "evidence").get<std::vector<std::string>>();
  record.seconds = json.at("seconds").get<double>();
  record.command = json.value("command", "");
  return record;
}

}  // namespace portwright::results
