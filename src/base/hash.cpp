#include "base/hash.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>

#include "base/descriptor.hpp"
#include "base/file_error.hpp"

// Everything inline: nothing of a shared libxxhash is needed at run time.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace portwright {
namespace {

using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Xxh3 = std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)>;

Digest new_sha256() {
  Digest digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
  return digest;
}

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

std::string finish(EVP_MD_CTX& digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(&digest, bytes.data(), &size);
  return hex(std::span(bytes).first(size));
}

std::string hex(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", std::uint64_t{hash.high64}, std::uint64_t{hash.low64});
}

// Calls `take` with each piece of the file in order.
template <class Take>
Status for_each_piece(const std::filesystem::path& file, Take take) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor) return tl::unexpected(file_error(file, "read", errno));
  std::vector<char> buffer(std::size_t{1} << 20U);
  for (;;) {
    const ssize_t got = ::read(descriptor.number(), buffer.data(), buffer.size());
    if (got == 0) return {};
    if (got > 0) take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    if (got < 0 && errno != EINTR) return tl::unexpected(file_error(file, "read", errno));
  }
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  const Digest digest = new_sha256();
  EVP_DigestUpdate(digest.get(), bytes.data(), bytes.size());
  return finish(*digest);
}

Result<std::string> sha256_file(const std::filesystem::path& file) {
  const Digest digest = new_sha256();
  const Status read =
      for_each_piece(file, [&](std::string_view piece) { EVP_DigestUpdate(digest.get(), piece.data(), piece.size()); });
  if (!read) return tl::unexpected(read.error());
  return finish(*digest);
}

std::string xxh128_hex(std::string_view bytes) { return hex(XXH3_128bits(bytes.data(), bytes.size())); }

Result<std::string> xxh128_files(const std::vector<std::filesystem::path>& files) {
  const Xxh3 state(XXH3_createState(), &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  for (const std::filesystem::path& file : files) {
    std::uint64_t size = 0;
    const Status read = for_each_piece(file, [&](std::string_view piece) {
      XXH3_128bits_update(state.get(), piece.data(), piece.size());
      size += piece.size();
    });
    if (!read) return tl::unexpected(read.error());
    // The length closes each file, so that bytes moved from one file to the next change the hash.
    std::array<unsigned char, sizeof size> little_endian{};
    for (std::size_t i = 0; i < sizeof size; ++i) little_endian[i] = static_cast<unsigned char>(size >> (8 * i));
    XXH3_128bits_update(state.get(), little_endian.data(), little_endian.size());
  }
  return hex(XXH3_128bits_digest(state.get()));
}

}  // namespace portwright
