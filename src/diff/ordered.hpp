// Sorting that keeps the order of what is equal.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace portwright::diff {

template <class Item, class KeyOf>
void put_in_order(std::vector<Item>& items, KeyOf key_of) {
  std::vector<std::pair<decltype(key_of(items.front())), std::size_t>> order;
  for (std::size_t i = 0; i < items.size(); ++i) order.emplace_back(key_of(items[i]), i);
  std::ranges::sort(order);
  std::vector<Item> sorted;
  sorted.reserve(items.size());
  for (const auto& [key, position] : order) sorted.push_back(std::move(items[position]));
  items = std::move(sorted);
}

}  // namespace portwright::diff
