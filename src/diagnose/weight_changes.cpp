#include "diagnose/weight_changes.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace portwright::diagnose {
namespace {

using Order = std::vector<std::size_t>;

bool same_numbers(const std::vector<double>& a, const std::vector<double>& b) {
  constexpr double same = 1e-6;  // stored in less than float32, loaded in float32
  return std::ranges::equal(a, b, [](double x, double y) { return std::abs(x - y) <= same * std::abs(y); });
}

// [a, b, c] with its last two axes exchanged.
std::vector<double> last_axes_exchanged(const Matrix& array) {
  const auto rows = static_cast<std::size_t>(array.shape[array.shape.size() - 2]);
  const std::size_t columns = array.columns;
  std::vector<double> result(array.values.size());
  for (std::size_t block = 0; block < array.values.size(); block += rows * columns) {
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        result[block + column * rows + row] = array.values[block + row * columns + column];
      }
    }
  }
  return result;
}

std::vector<double> reversed_in_rows(const std::vector<double>& values, std::size_t width) {
  std::vector<double> result = values;
  for (auto row = result.begin(); row != result.end(); row += static_cast<std::ptrdiff_t>(width)) {
    std::reverse(row, row + static_cast<std::ptrdiff_t>(width));
  }
  return result;
}

// Which of the stored rows each row of the port's is; empty where one is none of them.
Order order_of_rows(const Matrix& port, const Matrix& stored) {
  std::map<std::vector<float>, std::vector<std::size_t>> where;
  const auto key = [](const Matrix& array, std::size_t row) {
    const auto values = array.row(row);
    return std::vector<float>(values.begin(), values.end());
  };
  for (std::size_t row = stored.rows; row-- > 0;) where[key(stored, row)].push_back(row);
  Order order;
  for (std::size_t row = 0; row < port.rows; ++row) {
    const auto found = where.find(key(port, row));
    if (found == where.end() || found->second.empty()) return {};
    order.push_back(found->second.back());
    found->second.pop_back();
  }
  return order;
}

Order halves_exchanged(std::size_t count, std::size_t) {
  Order order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = (i + count / 2) % count;
  return order;
}

Order backwards(std::size_t count, std::size_t) {
  Order order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = count - 1 - i;
  return order;
}

// Within each group, what lies in two halves taken in turn.
Order halves_taken_in_turn(std::size_t count, std::size_t group) {
  Order order(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t within = i % group;
    order[i] = i - within + (within % 2) * (group / 2) + within / 2;
  }
  return order;
}

// The reverse of it.
Order neighbours_put_into_halves(std::size_t count, std::size_t group) {
  Order order(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t within = i % group;
    order[i] = i - within + (within < group / 2 ? 2 * within : 2 * (within - group / 2) + 1);
  }
  return order;
}

struct KnownOrder {
  Order (*order)(std::size_t count, std::size_t group);
  const char* words;
};
constexpr KnownOrder whole_orders[] = {{halves_exchanged, "its two halves exchanged"}, {backwards, "backwards"}};
constexpr KnownOrder grouped_orders[] = {
    {halves_taken_in_turn, "the two halves of each group taken in turn, groups of "},
    {neighbours_put_into_halves, "each group's neighbours put into two halves, groups of "}};

std::string in_words(const Order& order) {
  const std::size_t count = order.size();
  for (const KnownOrder& known : whole_orders) {
    if (count % 2 == 0 && known.order(count, count) == order) return known.words;
  }
  for (const KnownOrder& known : grouped_orders) {
    for (std::size_t group = 4; group <= count; group += 2) {
      if (count % group == 0 && known.order(count, group) == order) return known.words + std::to_string(group);
    }
  }
  return "in another order";
}

bool is_in_place(const Order& order) { return std::ranges::is_sorted(order); }

}  // namespace

bool is_as_stored(const Matrix& port, const Matrix& stored) {
  if (port.values.size() != stored.values.size()) return false;
  if (same_numbers(port.values, stored.values)) return true;
  if (stored.shape.size() == 3) return same_numbers(port.values, last_axes_exchanged(stored));
  return stored.shape.size() == 2 && port.shape != stored.shape &&
         same_numbers(port.values, last_axes_exchanged(stored));
}

std::optional<std::string> change_of(const Matrix& port, const Matrix& stored) {
  if (port.values.size() != stored.values.size() || is_as_stored(port, stored)) return std::nullopt;
  if (stored.shape.size() == 3) {
    const Matrix backward = matrix(stored.shape, reversed_in_rows(stored.values, stored.columns));
    if (is_as_stored(port, backward)) return "its taps backwards";
  }
  if (stored.rows < 2 || port.columns != stored.columns) return std::nullopt;
  if (port.shape == stored.shape && same_numbers(port.values, last_axes_exchanged(stored))) return "transposed";
  const Order rows = order_of_rows(port, stored);
  if (!rows.empty() && !is_in_place(rows)) return "its rows " + in_words(rows);
  const Order columns = order_of_rows(transposed(port), transposed(stored));
  if (!columns.empty() && !is_in_place(columns)) return "its columns " + in_words(columns);
  return std::nullopt;
}

}  // namespace portwright::diagnose
