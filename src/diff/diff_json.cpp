#include "diff/diff_json.hpp"

#include "diff/words.hpp"

namespace portwright::diff {
namespace {

Json line_json(const source::Line& line) {
  if (line.file.empty()) return {};
  return {{"file", line.file.string()}, {"line", line.line}};
}

Json line_json(const std::optional<source::Line>& line) { return line ? line_json(*line) : Json(); }

Json place_json(const Place& place) {
  return {{"place", line_json(place.line)}, {"code", place.code}, {"where", place.where}};
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json setting_json(const Setting& setting) {
  return {{"origin", name_of(setting.origin)},
          {"value", setting.origin == Origin::absent || !setting.known ? Json() : setting.value},
          {"known", setting.known},
          {"expression", text_or_null(setting.expression)},
          {"place", line_json(setting.line)},
          {"written_as", text_or_null(setting.written_as)}};
}

Json decision_json(const Decision& decision) {
  Json json = place_json(decision.place);
  json["then"] = decision.then;
  json["otherwise"] = decision.otherwise;
  json["taken"] = Json::array();
  for (const Taken& taken : decision.taken) {
    if (!taken.runs) {
      json["taken"].push_back(nullptr);
      continue;
    }
    json["taken"].push_back({{"taken", taken.outcome.taken},
                             {"not_taken", taken.outcome.not_taken},
                             {"unknown", taken.outcome.unknown},
                             {"by_layer", taken.outcome.by_element}});
  }
  return json;
}

Json row_json(const Row& row) {
  Json json{{"key", row.key},         {"group", name_of(row.group)}, {"values", Json::array()},
            {"reads", Json::array()}, {"branches", Json::array()},   {"picks", Json::array()}};
  for (const Setting& setting : row.settings) json["values"].push_back(setting_json(setting));
  for (const Place& place : row.reads) json["reads"].push_back(place_json(place));
  for (const Decision& decision : row.decisions) json["branches"].push_back(decision_json(decision));
  for (const Picked& picked : row.picks) {
    Json pick = place_json(picked.place);
    pick["entries"] = Json::array();
    for (const std::string& entry : picked.entries) pick["entries"].push_back(text_or_null(entry));
    json["picks"].push_back(std::move(pick));
  }
  return json;
}

Json finding_json(const PortFinding& finding) {
  return {{"fault", name_of(finding.fault)},
          {"key", finding.key},
          {"port_key", text_or_null(finding.port_key)},
          {"reference_value", finding.reference_value.value_or(Json())},
          {"port_value", finding.port_value.value_or(Json())},
          {"expression", text_or_null(finding.expression)},
          {"reference", line_json(finding.reference_line)},
          {"port", line_json(finding.port_line)},
          {"models", finding.models},
          {"takes_effect", finding.takes_effect},
          {"note", text_or_null(finding.note)},
          {"sentence", finding_text(finding)}};
}

}  // namespace

Json to_json(const Comparison& comparison) {
  Json json{{"schema", "portwright.diff/1"},
            {"models", Json::array()},
            {"equal", comparison.equal},
            {"keys", Json::array()},
            {"port", nullptr}};
  for (const Variant& variant : comparison.variants) {
    json["models"].push_back({{"name", variant.name}, {"model_type", variant.model_type}});
  }
  for (const Row& row : comparison.rows) json["keys"].push_back(row_json(row));
  if (!comparison.port) return json;
  json["port"] = {{"file", comparison.port->file.string()},
                  {"args", text_or_null(comparison.port->args)},
                  {"findings", Json::array()}};
  for (const PortFinding& finding : comparison.port->findings) {
    json["port"]["findings"].push_back(finding_json(finding));
  }
  return json;
}

}  // namespace portwright::diff
