#include "base/file_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace portwright {

Error file_error(const std::filesystem::path& file, std::string_view action, int number) {
  const auto said = [&](Fault fault, std::string_view reason, std::string remedy) {
    return Error{fault, fmt::format("{} cannot be {}: {}", file.string(), action, reason), std::move(remedy), {}};
  };
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return said(
          Fault::environment, "the disk is full",
          "free some space there, or choose a folder on another disk (--out for results, PORTWRIGHT_CACHE for the "
          "cache), then try again");
    case EFBIG:
      return said(Fault::environment, "it would exceed the largest file allowed here", "raise the limit (ulimit -f)");
    case EROFS:
      return said(Fault::input, "the file system is read-only", "choose a folder that can be written (--out)");
    case EACCES:
    case EPERM:
      return said(Fault::input, "permission denied", "check its owner and rights (ls -l), or choose another folder");
    case ENOENT:
      return said(Fault::input, "there is no such file or folder", "check the path");
    case EISDIR:
      return said(Fault::input, "it is a folder", "name a file");
    case ENOTDIR:
      return said(Fault::input, "a part of the path is a file, not a folder", "check the path");
    case EMFILE:
    case ENFILE:
      return said(Fault::environment, "too many files are open", "raise the limit (ulimit -n)");
    default:
      return said(Fault::environment, std::generic_category().message(number), {});
  }
}

}  // namespace portwright
