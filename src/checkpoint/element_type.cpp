#include "checkpoint/element_type.hpp"

#include <algorithm>
#include <array>

namespace portwright::checkpoint {
namespace {

struct ElementType {
  std::string_view name;
  std::uint64_t bits;
  std::string_view floating;
};

constexpr std::array<ElementType, 22> types{{
    {"BOOL", 8, {}},        {"U8", 8, {}},          {"I8", 8, {}},
    {"F8_E5M2", 8, {}},     {"F8_E4M3", 8, {}},     {"F8_E8M0", 8, {}},
    {"F8_E4M3FNUZ", 8, {}}, {"F8_E5M2FNUZ", 8, {}}, {"F4", 4, {}},
    {"F6_E2M3", 6, {}},     {"F6_E3M2", 6, {}},     {"I16", 16, {}},
    {"U16", 16, {}},        {"F16", 16, "float16"}, {"BF16", 16, "bfloat16"},
    {"I32", 32, {}},        {"U32", 32, {}},        {"F32", 32, "float32"},
    {"F64", 64, "float64"}, {"I64", 64, {}},        {"U64", 64, {}},
    {"C64", 64, {}},
}};

const ElementType* find(std::string_view dtype) {
  const auto* found = std::ranges::find(types, dtype, &ElementType::name);
  return found == types.end() ? nullptr : found;
}

}  // namespace

std::optional<std::uint64_t> element_bits(std::string_view dtype) {
  const ElementType* type = find(dtype);
  if (type == nullptr) return std::nullopt;
  return type->bits;
}

std::string_view floating_name(std::string_view dtype) {
  const ElementType* type = find(dtype);
  return type == nullptr ? std::string_view() : type->floating;
}

}  // namespace portwright::checkpoint
