#include "checkpoint/plain_header.hpp"

#include <algorithm>
#include <utility>

#include "checkpoint/refused_events.hpp"

namespace portwright::checkpoint {
namespace {

// What the library's parser calls, event by event; false stops it.
class PlainHeader : public RefusedEvents {
 public:
  bool number_unsigned(Json::number_unsigned_t value) {
    if (at_ == At::shape) tensors_.back().shape.push_back(value);
    if (at_ == At::range) range_.push_back(value);
    return at_ == At::shape || at_ == At::range;
  }
  bool string(std::string& value) {
    if (at_ == At::metadata) return true;
    if (at_ != At::entry || field_ != Field::dtype) return false;
    tensors_.back().dtype = std::move(value);
    return true;
  }
  bool start_object(std::size_t /*members*/) {
    if (at_ == At::outside) return to(At::header);
    if (at_ != At::header) return false;
    if (is_metadata_) return to(At::metadata);
    range_.clear();
    fields_ = 0;
    return to(At::entry);
  }
  bool start_array(std::size_t /*elements*/) {
    if (at_ != At::entry || field_ == Field::dtype) return false;
    return to(field_ == Field::shape ? At::shape : At::range);
  }
  bool key(std::string& name) {
    if (at_ == At::metadata) return true;
    if (at_ == At::entry) return takes_field(name);
    is_metadata_ = name == "__metadata__";
    if (!is_metadata_) tensors_.emplace_back().name = std::move(name);
    return true;
  }
  bool end_object() {
    if (at_ == At::header) return to(At::outside);
    if (at_ == At::metadata) return to(At::header);
    if (fields_ != all_fields || range_.size() != 2) return false;
    tensors_.back().begin = range_.front();
    tensors_.back().end = range_.back();
    return to(At::header);
  }
  bool end_array() { return to(At::entry); }

  [[nodiscard]] std::vector<TensorInfo> tensors() && { return std::move(tensors_); }

 private:
  enum class At { outside, header, metadata, entry, shape, range };
  enum class Field : unsigned { dtype = 1, shape = 2, range = 4 };
  static constexpr unsigned all_fields = 7;

  bool to(At place) {
    at_ = place;
    return true;
  }
  bool takes_field(std::string_view name) {
    if (name != "dtype" && name != "shape" && name != "data_offsets") return false;
    field_ = name == "dtype" ? Field::dtype : name == "shape" ? Field::shape : Field::range;
    const bool is_new = (fields_ & static_cast<unsigned>(field_)) == 0;
    fields_ |= static_cast<unsigned>(field_);
    return is_new;
  }

  At at_ = At::outside;
  Field field_ = Field::dtype;
  unsigned fields_ = 0;  // of the entry, met so far
  bool is_metadata_ = false;
  std::vector<std::uint64_t> range_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace

std::optional<std::vector<TensorInfo>> plain_header(std::string_view text) {
  PlainHeader reader;
  if (!Json::sax_parse(text.begin(), text.end(), &reader)) return std::nullopt;
  std::vector<TensorInfo> tensors = std::move(reader).tensors();
  std::ranges::sort(tensors, {}, &TensorInfo::name);
  if (std::ranges::adjacent_find(tensors, {}, &TensorInfo::name) != tensors.end()) return std::nullopt;
  return tensors;
}

}  // namespace portwright::checkpoint
