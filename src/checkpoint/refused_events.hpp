// For readers of JSON that know one form and leave any other to parse_json: what nlohmann's parser tells, all refused.
#pragma once

#include <cstddef>
#include <string>

#include "base/json.hpp"

namespace portwright::checkpoint {

// A reader derives from it and hides the events it takes.
struct RefusedEvents {
  static bool null() { return false; }
  static bool boolean(bool /*value*/) { return false; }
  static bool number_integer(Json::number_integer_t /*value*/) { return false; }
  static bool number_unsigned(Json::number_unsigned_t /*value*/) { return false; }
  static bool number_float(Json::number_float_t /*value*/, const std::string& /*text*/) { return false; }
  static bool string(const std::string& /*value*/) { return false; }
  static bool binary(const Json::binary_t& /*value*/) { return false; }
  static bool start_object(std::size_t /*members*/) { return false; }
  static bool key(const std::string& /*name*/) { return false; }
  static bool end_object() { return false; }
  static bool start_array(std::size_t /*elements*/) { return false; }
  static bool end_array() { return false; }
  static bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const Json::exception& /*error*/) {
    return false;
  }
};

}  // namespace portwright::checkpoint
