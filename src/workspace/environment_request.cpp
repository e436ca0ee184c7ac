#include "workspace/environment_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;
using From = WantedPackage::From;

// Where a branch or a commit that comes without an address is looked for; git's own settings (insteadOf) may send it
// elsewhere.
struct Upstream {
  std::string_view package;
  std::string_view url;
};
constexpr std::array upstreams{Upstream{"mlx-lm", "https://github.com/ml-explore/mlx-lm"},
                               Upstream{"transformers", "https://github.com/huggingface/transformers"}};

constexpr const char* version_characters = "0123456789abcdefghijklmnopqrstuvwxyz.+!-_";

bool has_control_character(const std::string& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return std::iscntrl(c) != 0; });
}

bool is_version(const std::string& text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0 &&
         text.find('.') != std::string::npos && text.find_first_not_of(version_characters) == std::string::npos;
}

// "scheme://…", "name@host:path" or what ends like a repository.
bool is_url(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::size_t at = text.find('@');
  return text.find("://") != std::string::npos || text.ends_with(".git") || text.find(".git@") != std::string::npos ||
         (colon != std::string::npos && at < colon);
}

// A folder that is there wins over an address, which a folder's path with "@branch" behind it can be as well.
bool is_path(const std::string& text) {
  std::error_code ignored;
  if (fs::is_directory(text, ignored)) return true;
  return !is_url(text) && (text.starts_with('.') || text.starts_with('/') || text.starts_with('~'));
}

bool is_ref(const std::string& text) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_-./+@").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return std::ranges::all_of(text, fits) && !text.starts_with('-') && text.find("..") == std::string::npos;
}

tl::unexpected<Error> refused(const std::string& name, const std::string& text, const std::string& why) {
  return fail(Fault::input, fmt::format("--{} {}: {}", name, text, why),
              "it takes a version, the folder of a checkout, a branch, tag or commit, or URL@REF");
}

Result<WantedPackage> from_folder(WantedPackage wanted, const std::string& text) {
  std::error_code error;
  wanted.folder = fs::absolute(text, error).lexically_normal();
  if (!wanted.folder.has_filename()) wanted.folder = wanted.folder.parent_path();
  if (!fs::is_directory(wanted.folder, error)) return refused(wanted.name, text, "there is no such folder");
  if (!fs::exists(wanted.folder / "pyproject.toml", error) && !fs::exists(wanted.folder / "setup.py", error)) {
    return refused(wanted.name, text, "it is no Python project: neither pyproject.toml nor setup.py is in it");
  }
  wanted.from = From::folder;
  return wanted;
}

// Where the host of an address ends: an '@' before that is a user's name.
std::size_t begin_of_path(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? url.find_first_of(":/") : url.find('/', scheme + 3);
  return begin == std::string::npos ? url.size() : begin;
}

Result<WantedPackage> from_git(WantedPackage wanted, const std::string& text, const fs::path& clones) {
  wanted.from = From::git;
  wanted.folder = clones / wanted.name;
  if (is_url(text)) {
    std::string url = text.starts_with("git+") ? text.substr(4) : text;
    const std::size_t at = url.rfind('@');
    if (at != std::string::npos && at > begin_of_path(url)) {
      wanted.ref = url.substr(at + 1);
      url.erase(at);
      if (wanted.ref.empty()) return refused(wanted.name, text, "after '@' comes a branch, a tag or a commit");
    }
    wanted.url = url;
  } else {
    const auto* const upstream = std::ranges::find(upstreams, wanted.name, &Upstream::package);
    if (upstream == upstreams.end()) return refused(wanted.name, text, "it is no version");
    wanted.url = upstream->url;
    wanted.ref = text;
  }
  // git runs a program of the address's choice for "ext::…".
  if (wanted.url.find("::") != std::string::npos || !is_ref(wanted.ref)) {
    return refused(wanted.name, text, "it is no address or name that git is asked for");
  }
  return wanted;
}

Json json_of(const WantedPackage& wanted) {
  switch (wanted.from) {
    case From::index:
      return {{"version", wanted.version}};
    case From::folder:
      return {{"folder", wanted.folder.string()}};
    case From::git:
      break;
  }
  return {{"url", wanted.url}, {"ref", wanted.ref}, {"folder", wanted.folder.string()}};
}

}  // namespace

Result<WantedPackage> wanted_package(const std::string& name, const std::string& text,
                                     const std::string& tested_version, const fs::path& clones) {
  WantedPackage wanted;
  wanted.name = name;
  if (text.empty()) {
    wanted.tested = true;
    wanted.version = tested_version;
    return wanted;
  }
  if (text.starts_with('-') || has_control_character(text)) return refused(name, text, "it is none of these");
  if (is_path(text)) return from_folder(std::move(wanted), text);
  if (!is_version(text)) return from_git(std::move(wanted), text, clones);
  wanted.version = text;
  wanted.tested = text == tested_version;
  return wanted;
}

Result<EnvironmentRequest> environment_request(const EnvironmentOptions& options,
                                               const std::map<std::string, std::string>& tested) {
  EnvironmentRequest request;
  std::error_code error;
  request.folder = fs::absolute(options.folder, error).lexically_normal();
  if (!request.folder.has_filename()) request.folder = request.folder.parent_path();
  const fs::path clones = request.folder.string() + ".checkouts";
  struct Row {
    const char* name;
    const std::string& text;
    WantedPackage& wanted;
  };
  for (const Row& row :
       {Row{"mlx-lm", options.mlx_lm, request.mlx_lm}, Row{"transformers", options.transformers, request.transformers},
        Row{"torch", options.torch, request.torch}}) {
    const auto pin = tested.find(row.name);
    auto wanted = wanted_package(row.name, row.text, pin == tested.end() ? "" : pin->second, clones);
    if (!wanted) return tl::unexpected<Error>(wanted.error());
    row.wanted = std::move(*wanted);
  }
  if (request.torch.from != From::index) return refused("torch", options.torch, "only a version of the index is taken");
  return request;
}

std::string in_words(const WantedPackage& wanted) {
  switch (wanted.from) {
    case From::index:
      return fmt::format("{} {}", wanted.name, wanted.version);
    case From::folder:
      return fmt::format("{} from {}", wanted.name, wanted.folder.string());
    case From::git:
      break;
  }
  return fmt::format("{} at {}", wanted.name, wanted.ref.empty() ? "its default branch" : wanted.ref);
}

Json to_json(const EnvironmentRequest& request) {
  return {{"mlx-lm", json_of(request.mlx_lm)},
          {"transformers", json_of(request.transformers)},
          {"torch", json_of(request.torch)}};
}

}  // namespace portwright::workspace
