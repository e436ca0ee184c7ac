#include <fmt/format.h>

#include "hub/base_tree.hpp"
#include "hub/discover_report.hpp"
#include "hub/json_fields.hpp"

namespace portwright::hub {
namespace {

Json json_of(const Role& role) { return {{"name", role.name}, {"why", role.why}, {"ground", name(role.ground)}}; }

Json json_of(const Variant& variant) {
  const Facts& facts = variant.model.facts;
  Json base;
  if (!facts.bases.empty()) base = {{"relation", or_null(facts.relation)}, {"models", facts.bases}};
  Json parameters;
  if (!facts.parameters.empty()) parameters = {{"total", facts.parameter_count()}, {"by_dtype", facts.parameters}};
  return {{"repo", facts.repo},
          {"commit", or_null(facts.commit)},
          {"role", json_of(variant.role)},
          {"parameters", parameters},
          {"download_bytes", variant.model.download_bytes()},
          {"dtype", or_null(variant.dtype)},
          {"dtype_source", or_null(variant.dtype_source)},
          {"quantization", or_null(facts.quantization)},
          {"gated", or_null(facts.gated)},
          {"license", or_null(facts.license)},
          {"created", or_null(facts.created)},
          {"modified", or_null(facts.modified)},
          {"downloads", facts.downloads ? Json(*facts.downloads) : Json()},
          {"base", base},
          {"config", or_null(variant.config)},
          {"config_from", or_null(variant.config_from)},
          {"config_unread", or_null(variant.model.config_unread)}};
}

Json json_of(const SetAside& one) {
  return {
      {"repo", one.repo}, {"kind", one.kind}, {"why", one.why}, {"ground", name(one.ground)}, {"of", or_null(one.of)}};
}

Json json_of(const BaseNode& node) {
  Json children = Json::array();
  for (const BaseNode& child : node.children) children.push_back(json_of(child));
  return {{"repo", node.repo},
          {"relation", or_null(node.relation)},
          {"variant", node.variant},
          {"derived", Json(node.derived)},
          {"children", children}};
}

template <class Values>
Json list_of(const Values& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(json_of(value));
  return list;
}

}  // namespace

Json to_json(const Discovery& discovery) {
  const auto repo_at = [&](std::size_t i) { return discovery.variants[i].model.facts.repo; };
  Json configs = Json::array();
  for (const ConfigGroup& group : discovery.configs) {
    Json repos = Json::array();
    for (const std::size_t i : group.variants) repos.push_back(repo_at(i));
    configs.push_back({{"id", group.id}, {"repos", repos}, {"differs", group.differs}});
  }
  Json suggested = Json::array();
  for (const Suggested& one : discovery.suggested) {
    suggested.push_back({{"repo", repo_at(one.variant)},
                         {"config", discovery.variants[one.variant].config},
                         {"download_bytes", discovery.variants[one.variant].model.download_bytes()},
                         {"because", one.because}});
  }
  return {{"schema", "portwright.discover/1"},
          {"asked", discovery.asked},
          {"model_type", discovery.model_type},
          {"source", discovery.offline ? "cache" : "hub"},
          {"listed", discovery.listed},
          {"more", discovery.more},
          {"variants", list_of(discovery.variants)},
          {"configs", configs},
          {"set_aside", list_of(discovery.set_aside)},
          {"bases", list_of(base_tree(discovery))},
          {"suggested", {{"variants", suggested}, {"smallest", discovery.smallest}}},
          {"notes", discovery.notes}};
}

}  // namespace portwright::hub
