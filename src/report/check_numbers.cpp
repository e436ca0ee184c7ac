#include "report/check_numbers.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/terminal.hpp"
#include "report/markdown.hpp"
#include "report/words.hpp"

namespace portwright::report {
namespace {

constexpr std::size_t most_list_items = 8;
constexpr int most_columns = 160;

struct Row {
  std::string name;
  std::string measured;
  std::string bound;
  std::string sensitivity;
};

// Too long for a cell: generated texts, above all, which a reader wants whole.
bool is_long_text(const Json& value) {
  return value.is_string() && columns_of(value.get_ref<const std::string&>()) > most_columns;
}

// The three objects by key, in the order of what was measured; objects inside are opened.
void collect(const Json& object, const std::string& prefix, std::string Row::* column, std::vector<Row>& rows) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = prefix + key;
    if (value.is_object() && !value.empty()) {
      collect(value, name + ".", column, rows);
      continue;
    }
    auto found = rows.begin();
    while (found != rows.end() && found->name != name) ++found;
    if (found == rows.end()) found = rows.insert(rows.end(), Row{name, {}, {}, {}});
    (*found).*column = is_long_text(value) ? "below" : value_words(value);
  }
}

std::string long_texts(const Json& measured) {
  std::string text;
  for (const auto& [key, value] : measured.items()) {
    if (is_long_text(value)) text += md_code(key) + ":\n\n" + md_block(value.get<std::string>(), "text") + "\n";
  }
  return text;
}

// How a check would have judged known faults: "attention scale 1 % off: seen, `over_floor` 3.2e+4".
std::string faults_of(const Json& faults) {
  std::string text;
  for (const Json& fault : faults) {
    const std::string change = md_text(fault.value("change", fault.value("fault", "")));
    std::string told = "nothing to change in this model";
    if (fault.contains("not_measured")) {
      told = "not measured, " + md_text(value_words(fault.at("not_measured")));
    } else if (fault.contains("caught")) {
      const std::string value = md_code(fault.value("measure", "")) + " " + value_words(fault.value("value", Json()));
      told = (fault.value("caught", false) ? "seen, " : "**not seen**, ") + value;
    }
    text += "- " + change + ": " + told + "\n";
  }
  return text.empty()
             ? text
             : "Known faults, put into the reference to see what this check would have seen:\n\n" + text + "\n";
}

std::string conditions_of(const results::CheckRecord& check) {
  std::string text;
  for (const Json* object : {&check.conditions, &check.where}) {
    for (const auto& [key, value] : object->items()) {
      text += (text.empty() ? "" : " · ") + md_text(key) + " " + md_text(value_words(value));
    }
  }
  return text;
}

}  // namespace

std::string value_words(const Json& value) {
  if (value.is_number_float()) return number(value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "none";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_structured()) return value.dump();
  std::string text;
  std::size_t shown = 0;
  for (const auto& [key, inner] : value.items()) {
    if (shown == most_list_items) {
      text += fmt::format(", … ({} in all)", value.size());
      break;
    }
    if (shown++ > 0) text += ", ";
    if (value.is_object()) text += key + " ";
    text += inner.is_structured() && !inner.empty() ? "(" + value_words(inner) + ")" : value_words(inner);
  }
  return text.empty() ? "none" : shortened(text, most_columns);
}

std::string check_numbers(const results::CheckRecord& check) {
  Json measured = check.measured;
  for (const char* told_elsewhere : {"last_lines", "remedy"}) measured.erase(told_elsewhere);
  std::vector<Row> rows;
  collect(measured, "", &Row::measured, rows);
  collect(check.threshold, "", &Row::bound, rows);
  Json sensitivity = check.sensitivity;
  const Json faults = sensitivity.value("faults", Json::array());
  sensitivity.erase("faults");
  collect(sensitivity, "", &Row::sensitivity, rows);

  if (rows.empty() && check.series.empty()) return {};
  std::string text = fmt::format("**{}**: {} · {}", md_code(check.id), shown(check.verdict), duration(check.seconds));
  if (const std::string conditions = conditions_of(check); !conditions.empty()) text += " · " + conditions;
  text += "\n\n";
  if (!rows.empty()) {
    const bool has_sensitivity = !sensitivity.empty();
    std::vector<std::string> titles{"", "measured", "bound"};
    if (has_sensitivity) titles.emplace_back("would have seen");
    MarkdownTable table(titles);
    for (const Row& row : rows) {
      std::vector<std::string> cells{md_code(row.name), md_text(row.measured), md_text(row.bound)};
      if (has_sensitivity) cells.push_back(md_text(row.sensitivity));
      table.row(cells);
    }
    text += table.text() + "\n";
  }
  text += long_texts(measured);
  text += faults_of(faults);
  for (const results::Series& series : check.series) {
    text += fmt::format("Series {}: {}", md_code(series.name), md_text(value_words(series.values)));
    if (series.floor) text += "; floor " + number(*series.floor);
    if (series.band) text += "; band " + number(*series.band);
    text += "\n\n";
  }
  return text;
}

}  // namespace portwright::report
