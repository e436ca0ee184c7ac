#include "battery/subject.hpp"

namespace portwright::battery {

std::string_view name(Effort effort) {
  switch (effort) {
    case Effort::quick:
      return "quick";
    case Effort::standard:
      return "default";
    case Effort::full:
      return "full";
  }
  return "default";
}

Effort effort_named(std::string_view name) {
  if (name == "quick") return Effort::quick;
  return name == "full" ? Effort::full : Effort::standard;
}

Lengths lengths(Effort effort) {
  switch (effort) {
    case Effort::quick:
      return {32, 32};
    case Effort::standard:
      return {200, 512};
    case Effort::full:
      return {200, 4096};
  }
  return {200, 512};
}

}  // namespace portwright::battery
