#include "diff/port_report.hpp"

#include <algorithm>
#include <set>

#include "diff/key_group.hpp"
#include "diff/old_names.hpp"
#include "diff/ordered.hpp"
#include "diff/port_keys.hpp"

namespace portwright::diff {
namespace {

using source::ConfigField;
using source::joined_key;
using source::Line;

// The key below a config of the text, which many ports take for the whole config.
std::string without_text_config(const std::string& key) {
  constexpr std::string_view prefix = "text_config.";
  return key.starts_with(prefix) ? key.substr(prefix.size()) : key;
}

bool does_nothing(const Setting& setting, const std::string& key) {
  const Json& value = setting.value;
  if (!setting.known) return false;
  if (value.is_null() || value == false || ((value.is_structured() || value.is_string()) && value.empty())) return true;
  if (value == "default" && key.ends_with("rope_type")) return true;
  return value.is_number() && value == 1 && group_of_name(key) == Group::multipliers;
}

// Only rules that stretch positions ask how long a text may be.
bool is_idle_length(const std::string& key, const Variant& variant) {
  if (key != "max_position_embeddings" && !key.ends_with(".max_position_embeddings")) return false;
  const std::set<std::string> asking{"dynamic", "longrope"};
  return std::ranges::none_of(variant.settings, [&](const auto& item) {
    const Json& value = item.second.value;
    return item.first.ends_with("rope_type") && value.is_string() && asking.contains(value.get<std::string>());
  });
}

class Report {
 public:
  Report(const PortKeys& port, const std::vector<Variant>& variants, const std::vector<ReferenceCode>& references)
      : port_(port), variants_(variants), references_(references) {}

  std::vector<PortFinding> findings() {
    for (const Variant& variant : variants_) {
      for (const std::string& key : variant.keys) look_at(key, variant, references_[variant.reference]);
    }
    look_for_missing();
    compare_defaults();
    put_in_order(found_, [](const PortFinding& one) { return std::pair(one.fault, !one.takes_effect); });
    return std::move(found_);
  }

 private:
  struct Reading {
    Line line;
    bool is_sure = true;  // false: whether the code runs, the config does not tell
  };

  // The first line of the reference's model code that reads the key where this variant runs; its config class is no
  // model code.
  static std::optional<Reading> reading_of(const std::string& key, const Variant& variant, const ReferenceCode& code) {
    const auto values = variant.values();
    std::optional<Reading> unsure;
    for (const source::ConfigRead& read : code.code.reads) {
      const bool is_config = read.line.file.filename().string().starts_with("configuration_");
      if (is_config || !means(read.key, key)) continue;
      const auto runs = source::runs(read.when, values);
      if (runs == std::optional(true)) return Reading{read.line};
      if (!runs && !unsure) unsure = Reading{read.line, false};
    }
    return unsure;
  }

  // The name under which the port reads a key, the reference's own first; empty where it reads none of them.
  [[nodiscard]] std::string port_name(const std::string& key, const ReferenceCode& code) const {
    std::vector<std::string> names = names_of(key, code);
    for (std::size_t i = 0, given = names.size(); i < given; ++i) {
      if (const std::string bare = without_text_config(names[i]); bare != names[i]) names.push_back(bare);
    }
    for (const std::string& name : names) {
      if (port_.reads(name)) return name;
    }
    return "";
  }

  [[nodiscard]] bool has_part_for(const std::string& key) const {
    const std::size_t config = key.find("_config.");
    if (config == std::string::npos || key.starts_with("text_config.")) return true;
    return port_.reads(key.substr(0, config + 7)) || port_.levels.contains(key.substr(0, config + 7));
  }

  void look_at(const std::string& key, const Variant& variant, const ReferenceCode& code) {
    if (is_beside_the_model(key) || is_idle_length(key, variant) || !has_part_for(key)) return;
    const auto reading = reading_of(key, variant, code);
    if (!reading) return;
    const Setting& setting = variant.at(key);
    const std::string name = port_name(key, code);
    if (name.empty()) {
      ignored(key, variant, code, setting, *reading);
    } else {
      misnamed(key, name, variant, setting, reading->line);
    }
  }

  // What a port goes by that has no list of layer types.
  [[nodiscard]] std::string layer_key(const std::string& key) const {
    if (!key.ends_with("layer_types")) return "";
    for (const auto& [name, own] : port_.keys) {
      if (own.is_read && name.ends_with("_pattern")) return name;
    }
    return "";
  }

  void ignored(const std::string& key, const Variant& variant, const ReferenceCode& code, const Setting& setting,
               const Reading& reading) {
    const ConfigField* field = code.field(key);
    PortFinding finding;
    finding.key = key;
    finding.reference_line = reading.line;
    if (!reading.is_sure) finding.note = "whether that line runs, the config does not tell";
    if (setting.known) finding.reference_value = setting.value;
    finding.expression = setting.expression;
    if (const PortKey* own = port_.find(without_text_config(key)); own != nullptr && own->is_field) {
      finding.note = "it has the field and reads it nowhere";
      finding.port_line = own->line;
    }
    if (const std::string instead = layer_key(key); !instead.empty()) finding.note = "the port goes by " + instead;
    const bool is_default = setting.origin == Origin::standard || setting.origin == Origin::computed ||
                            (field != nullptr && field->constant && *field->constant == setting.value);
    finding.fault = does_nothing(setting, key) ? PortFault::inert
                    : is_default               ? PortFault::hard_wired
                                               : PortFault::ignored;
    add(std::move(finding), variant.name);
  }

  // The port reads the key by another name than config.json has.
  void misnamed(const std::string& key, const std::string& name, const Variant& variant, const Setting& setting,
                const Line& line) {
    if (setting.origin != Origin::file || name == key) return;
    const std::string written = setting.written_as.empty() ? key : setting.written_as;
    const bool is_written = variant.written.contains(name) || variant.written.contains("text_config." + name) ||
                            port_.reads(written) || port_.reads(without_text_config(written));
    if (is_written) return;
    const PortKey* own = port_.find(name);
    if (own == nullptr || own->in_object || own->is_filled) return;
    if (own->standard && *own->standard == setting.value) return;
    PortFinding finding;
    finding.fault = PortFault::misnamed;
    finding.key = written;
    finding.port_key = name;
    finding.reference_value = setting.value;
    finding.port_value = own->standard;
    finding.reference_line = line;
    finding.port_line = own->line;
    finding.note = own->required ? "the port requires it and does not load" : "";
    add(std::move(finding), variant.name);
  }

  // Whether the reference knows a key of the port by any name.
  [[nodiscard]] static bool knows(const ReferenceCode& code, const Variant& variant, const std::string& key) {
    const auto is_known = [&](const std::string& name) {
      if (code.field(name) != nullptr || variant.written.contains(name)) return true;
      return std::ranges::any_of(variant.keys, [&](const std::string& own) {
        const auto names = names_of(own, code);
        return own.starts_with(name + ".") || std::ranges::find(names, name) != names.end() ||
               std::ranges::any_of(names, [&](const std::string& one) { return one.starts_with(name + "."); });
      });
    };
    if (is_known(key) || is_known("text_config." + key)) return true;
    // What its config class reads counts, too: `kwargs.get("sliding_window_pattern", 6)`.
    return std::ranges::any_of(code.code.reads, [&](const source::ConfigRead& read) {
      return read.key == key || read.key == "text_config." + key;
    });
  }

  void look_for_missing() {
    for (const auto& [key, own] : port_.keys) {
      if (own.in_object || key.find('*') != std::string::npos || key == "model_type" || key.ends_with(".model_type"))
        continue;
      PortFinding finding;
      finding.key = key;
      finding.port_line = own.line;
      finding.port_value = own.standard;
      for (const Variant& variant : variants_) {
        const bool is_written = variant.written.contains(key) || variant.written.contains("text_config." + key);
        const bool is_known = knows(references_[variant.reference], variant, key);
        if (!own.is_field) {
          finding.fault = PortFault::missing;
          finding.note = port_.args + " has no field of this name";
        } else if (is_written) {
          continue;
        } else if (own.required) {
          finding.fault = PortFault::missing;
          finding.note = "the port requires it, and config.json has none";
        } else if (!is_known && own.is_read) {
          finding.fault = PortFault::unset;
        } else {
          continue;
        }
        add(finding, variant.name);
      }
    }
  }

  void compare_defaults() {
    for (const auto& [key, own] : port_.keys) {
      if (!own.is_field || own.required || !own.standard || own.is_filled || is_beside_the_model(key)) continue;
      for (const ReferenceCode& code : references_) compare_default(key, own, code);
    }
  }

  // What the reference has for a key of the port where config.json has none: a field of that name, or what an older
  // name is moved to.
  struct Standard {
    std::string key;
    std::optional<Json> value;
    std::string expression;
    Line line;
  };
  [[nodiscard]] static std::optional<Standard> standard_of(const ReferenceCode& code, const std::string& key) {
    for (const std::string& name : {key, "text_config." + key}) {
      if (const ConfigField* field = code.field(name)) {
        const bool is_open = field->computed && field->constant && field->constant->is_null();
        if (field->required) return std::nullopt;
        return Standard{name, is_open ? std::nullopt : field->constant,
                        is_open ? field->computed->expression : field->expression,
                        is_open ? field->computed->line : field->line};
      }
      for (const ConfigLevel& level : code.levels) {
        for (const OldName& old : old_names(level.type)) {
          if (joined_key(level.key, old.from) != name || !old.otherwise) continue;
          return Standard{joined_key(level.key, old.to), old.otherwise, "", old.line};
        }
      }
    }
    return std::nullopt;
  }

  void compare_default(const std::string& key, const PortKey& own, const ReferenceCode& code) {
    const auto standard = standard_of(code, key);
    if (!standard) return;
    const bool is_open_here = own.standard->is_null() && !standard->value;  // both work it out
    if (is_open_here || (standard->value && *standard->value == *own.standard)) return;
    PortFinding finding;
    finding.fault = PortFault::standard;
    finding.key = standard->key;
    if (standard->key != key) finding.port_key = key;
    finding.reference_value = standard->value;
    finding.expression = standard->value ? "" : standard->expression;
    finding.port_value = own.standard;
    if (!standard->line.file.empty()) finding.reference_line = standard->line;
    finding.port_line = own.line;
    std::vector<std::string> unset;
    for (const Variant& variant : variants_) {
      if (references_[variant.reference].id != code.id || is_written(variant, *standard, key)) continue;
      unset.push_back(variant.name);
    }
    finding.takes_effect = !unset.empty();
    finding.models = std::move(unset);
    found_.push_back(std::move(finding));
  }

  [[nodiscard]] static bool is_written(const Variant& variant, const Standard& standard, const std::string& key) {
    return variant.written.contains(key) || variant.written.contains("text_config." + key) ||
           variant.at(standard.key).origin == Origin::file;
  }

  void add(PortFinding finding, const std::string& model) {
    const auto known = std::ranges::find_if(found_, [&](const PortFinding& one) {
      return one.fault == finding.fault && one.key == finding.key && one.port_key == finding.port_key &&
             one.reference_value == finding.reference_value;
    });
    if (known == found_.end()) {
      finding.models = {model};
      found_.push_back(std::move(finding));
    } else if (std::ranges::find(known->models, model) == known->models.end()) {
      known->models.push_back(model);
    }
  }

  const PortKeys& port_;
  const std::vector<Variant>& variants_;
  const std::vector<ReferenceCode>& references_;
  std::vector<PortFinding> found_;
};

}  // namespace

Result<PortReport> read_port(const std::filesystem::path& file, const std::filesystem::path& mlx_models,
                             const std::vector<Variant>& variants, const std::vector<ReferenceCode>& references) {
  const auto port = read_port_keys(file, mlx_models);
  if (!port) return tl::unexpected<Error>(port.error());
  return PortReport{file, port->args, Report(*port, variants, references).findings()};
}

}  // namespace portwright::diff
