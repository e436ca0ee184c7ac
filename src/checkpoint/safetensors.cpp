#include "checkpoint/safetensors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/descriptor.hpp"
#include "base/file_error.hpp"
#include "base/files.hpp"
#include "checkpoint/element_type.hpp"
#include "checkpoint/plain_header.hpp"
#include "checkpoint/safetensors_layout.hpp"

namespace portwright::checkpoint {
namespace {

constexpr std::uint64_t most_header_bytes = 100'000'000;  // the bound of the format's own reader
constexpr std::uint64_t length_bytes = 8;

tl::unexpected<Error> damaged(const std::filesystem::path& file, const std::string& what) {
  return fail(Fault::input, fmt::format("{} is not a whole safetensors file: {}", file.string(), what),
              "fetch or write the file again");
}

// False where the file ends before `size` bytes; errno is 0 then.
bool read_exactly(int descriptor, char* into, std::uint64_t size, std::uint64_t from) {
  while (size > 0) {
    const ssize_t got = ::pread(descriptor, into, size, static_cast<off_t>(from));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = 0;
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::uint64_t>(got);
    from += static_cast<std::uint64_t>(got);
  }
  return true;
}

// Bytes that `shape` × `dtype` takes; empty where they do not fit in 64 bits or are no whole number.
std::optional<std::uint64_t> bytes_of(const std::vector<std::uint64_t>& shape, std::uint64_t bits) {
  std::uint64_t total = bits;
  if (std::ranges::find(shape, 0U) != shape.end()) return 0;
  for (const std::uint64_t extent : shape) {
    if (__builtin_mul_overflow(total, extent, &total)) return std::nullopt;
  }
  if (total % 8 != 0) return std::nullopt;
  return total / 8;
}

std::optional<std::vector<std::uint64_t>> unsigned_list(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_array()) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  numbers.reserve(found->size());
  for (const Json& number : *found) {
    if (!number.is_number_unsigned()) return std::nullopt;
    numbers.push_back(number.get<std::uint64_t>());
  }
  return numbers;
}

Result<TensorInfo> read_entry(const std::filesystem::path& file, const std::string& name, const Json& entry) {
  const auto wrong = [&](const std::string& what) { return damaged(file, fmt::format("tensor '{}' {}", name, what)); };
  if (!entry.is_object()) return wrong("is not described by an object");
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) return wrong("has no dtype");
  std::optional<std::vector<std::uint64_t>> shape = unsigned_list(entry, "shape");
  if (!shape) return wrong("has no shape of whole numbers");
  const std::optional<std::vector<std::uint64_t>> range = unsigned_list(entry, "data_offsets");
  if (!range || range->size() != 2) return wrong("has no data_offsets of two whole numbers");
  return TensorInfo{name, dtype->get<std::string>(), std::move(*shape), range->front(), range->back()};
}

// The tensors as the header's text has them, sorted by name.
Result<std::vector<TensorInfo>> read_entries(std::string_view text, const std::filesystem::path& file) {
  if (std::optional<std::vector<TensorInfo>> plain = plain_header(text)) return std::move(*plain);
  const Result<Json> header = parse_json(text, file.string() + " (header)");
  if (!header) return tl::unexpected(header.error());
  if (!header->is_object()) return damaged(file, "its header is not a JSON object");
  std::vector<TensorInfo> tensors;
  tensors.reserve(header->size());
  for (const auto& [name, entry] : header->items()) {
    if (name == "__metadata__") continue;
    Result<TensorInfo> tensor = read_entry(file, name, entry);
    if (!tensor) return tl::unexpected(tensor.error());
    tensors.push_back(std::move(*tensor));
  }
  std::ranges::sort(tensors, {}, &TensorInfo::name);
  return tensors;
}

Status check_size(const std::filesystem::path& file, const TensorInfo& tensor) {
  const auto wrong = [&](const std::string& what) {
    return damaged(file, fmt::format("tensor '{}' {}", tensor.name, what));
  };
  const std::optional<std::uint64_t> bits = element_bits(tensor.dtype);
  if (!bits) return wrong(fmt::format("has the unknown dtype '{}'", tensor.dtype));
  if (tensor.end < tensor.begin) return wrong("ends before it begins");
  const std::optional<std::uint64_t> bytes = bytes_of(tensor.shape, *bits);
  if (!bytes) return wrong("has a shape that no file can hold");
  if (*bytes != tensor.end - tensor.begin) {
    return wrong(fmt::format("takes {} bytes by its shape and dtype, and {} by its data_offsets", *bytes,
                             tensor.end - tensor.begin));
  }
  return {};
}

// The tensors must fill the data section without an overlap and without a hole.
Status check_ranges(const std::filesystem::path& file, const std::vector<TensorInfo>& tensors,
                    std::uint64_t data_bytes) {
  std::vector<const TensorInfo*> by_place;
  by_place.reserve(tensors.size());
  for (const TensorInfo& tensor : tensors) by_place.push_back(&tensor);
  std::ranges::sort(by_place, {}, [](const TensorInfo* tensor) { return std::pair(tensor->begin, tensor->end); });

  std::uint64_t filled = 0;
  for (const TensorInfo* tensor : by_place) {
    if (tensor->begin < filled) {
      return damaged(file,
                     fmt::format("tensor '{}' overlaps the one before it at byte {}", tensor->name, tensor->begin));
    }
    if (tensor->begin > filled) {
      return damaged(file, fmt::format("bytes {} to {} before tensor '{}' belong to no tensor", filled, tensor->begin,
                                       tensor->name));
    }
    filled = tensor->end;
  }
  if (filled > data_bytes) {
    return damaged(file,
                   fmt::format("it is truncated, its tensors take {} bytes and {} are there", filled, data_bytes));
  }
  if (filled < data_bytes) {
    return damaged(file, fmt::format("{} bytes after the last tensor belong to no tensor", data_bytes - filled));
  }
  return {};
}

Result<std::string> read_header_text(const std::filesystem::path& file, int descriptor, std::uint64_t file_bytes) {
  std::array<char, length_bytes> length{};
  if (file_bytes < length_bytes) return damaged(file, fmt::format("it is truncated, it has {} bytes", file_bytes));
  if (!read_exactly(descriptor, length.data(), length_bytes, 0)) return tl::unexpected(file_error(file, "read", errno));

  if (std::string_view(length.data(), length.size()) == "version ") {
    return fail(Fault::input, file.string() + " is a git-lfs pointer and not the weights it stands for",
                "run: git lfs pull");
  }
  std::uint64_t header_bytes = 0;
  for (std::size_t i = 0; i < length.size(); ++i) {
    header_bytes |= std::uint64_t{static_cast<unsigned char>(length[i])} << (8 * i);
  }
  if (header_bytes > most_header_bytes) {
    return damaged(file,
                   fmt::format("its header claims {} bytes, the format allows {}", header_bytes, most_header_bytes));
  }
  if (header_bytes > file_bytes - length_bytes) {
    return damaged(file, fmt::format("it is truncated, its header claims {} bytes and {} follow", header_bytes,
                                     file_bytes - length_bytes));
  }
  std::string text(header_bytes, '\0');
  if (!read_exactly(descriptor, text.data(), header_bytes, length_bytes)) {
    return tl::unexpected(file_error(file, "read", errno));
  }
  return text;
}

}  // namespace

Result<SafetensorsLayout> read_layout(const std::filesystem::path& file, int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return tl::unexpected(file_error(file, "read", errno));
  if (!S_ISREG(status.st_mode)) return fail(Fault::input, file.string() + " is not a file", "name a safetensors file");
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);

  const Result<std::string> text = read_header_text(file, descriptor, file_bytes);
  if (!text) return tl::unexpected(text.error());
  SafetensorsLayout layout;
  layout.file_bytes = file_bytes;
  layout.data_begin = length_bytes + text->size();
  Result<std::vector<TensorInfo>> tensors = parse_safetensors_header(*text, file, file_bytes - layout.data_begin);
  if (!tensors) return tl::unexpected(tensors.error());
  layout.tensors = std::move(*tensors);
  return layout;
}

Result<std::vector<TensorInfo>> parse_safetensors_header(std::string_view text, const std::filesystem::path& file,
                                                         std::uint64_t data_bytes) {
  Result<std::vector<TensorInfo>> tensors = read_entries(text, file);
  if (!tensors) return tensors;
  for (const TensorInfo& tensor : *tensors) {
    if (const Status size = check_size(file, tensor); !size) return tl::unexpected(size.error());
  }
  const Status ranges = check_ranges(file, *tensors, data_bytes);
  if (!ranges) return tl::unexpected(ranges.error());
  return tensors;
}

Result<std::vector<TensorInfo>> read_safetensors_header(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return tl::unexpected(file_error(file, "read", errno));
  Result<SafetensorsLayout> layout = read_layout(file, descriptor.number());
  if (!layout) return tl::unexpected(layout.error());
  return std::move(layout->tensors);
}

}  // namespace portwright::checkpoint
