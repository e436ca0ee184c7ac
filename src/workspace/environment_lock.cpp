#include "workspace/environment_lock.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.hpp"
#include "workspace/distributions.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_schema = "portwright.environment/1";
constexpr const char* mark_name = "portwright-environment.json";

EnvironmentLock lock_from(const Json& json) {
  EnvironmentLock lock;
  lock.folder = json.at("folder").get<std::string>();
  lock.asked = json.at("asked");
  lock.made = json.at("made").get<std::string>();
  lock.installer = json.at("installer").get<std::string>();
  lock.python = json.at("python").get<std::string>();
  lock.packages = json.at("packages").get<std::map<std::string, std::string>>();
  for (const Json& row : json.at("checkouts")) {
    const Json& commit = row.at("commit");
    lock.checkouts.push_back({row.at("package").get<std::string>(),
                              row.at("folder").get<std::string>(),
                              {commit.is_null() ? "" : commit.get<std::string>(), row.at("dirty").get<bool>()}});
  }
  return lock;
}

std::string short_commit(const std::string& commit) {
  constexpr std::size_t digits = 10;
  return commit.empty() ? "no commit" : commit.substr(0, digits);
}

void compare_packages(const EnvironmentLock& lock, const Python& python, std::vector<std::string>& found) {
  for (const auto& [name, version] : lock.packages) {
    const auto now = python.packages.find(name);
    if (now == python.packages.end()) {
      found.push_back(fmt::format("{} is gone, was {}", name, version));
    } else if (now->second != version) {
      found.push_back(fmt::format("{} is {}, was {}", name, now->second, version));
    }
  }
  for (const auto& [name, version] : python.packages) {
    if (!lock.packages.contains(name)) found.push_back(fmt::format("{} {} was added", name, version));
  }
}

void compare_checkouts(const EnvironmentLock& lock, const Python& python, std::vector<std::string>& found) {
  const std::vector<LockedCheckout> now = checkouts_of(python);
  for (const LockedCheckout& was : lock.checkouts) {
    const auto is = std::ranges::find(now, was.package, &LockedCheckout::package);
    if (is == now.end()) {
      found.push_back(fmt::format("{} is no longer installed from {}", was.package, was.folder.string()));
    } else if (is->folder != was.folder) {
      found.push_back(
          fmt::format("{} is installed from {}, was from {}", was.package, is->folder.string(), was.folder.string()));
    } else if (is->state.commit != was.state.commit) {
      found.push_back(fmt::format("the checkout of {} is at {}, was at {}", was.package, short_commit(is->state.commit),
                                  short_commit(was.state.commit)));
    } else if (is->state.dirty != was.state.dirty) {
      found.push_back(fmt::format("the checkout of {} {} changes that are in no commit", was.package,
                                  is->state.dirty ? "now has" : "no longer has"));
    }
  }
}

}  // namespace

fs::path lock_file_of(const fs::path& environment) { return environment.string() + ".lock.json"; }

Result<std::optional<EnvironmentLock>> read_lock(const fs::path& environment) {
  const fs::path file = lock_file_of(environment);
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::optional<EnvironmentLock>();
  const auto json = read_json(file);
  if (!json) return tl::unexpected<Error>(json.error());
  const std::string remedy = "move it away; env create writes a new one";
  try {
    if (json->at("schema") == lock_schema) return std::optional(lock_from(*json));
  } catch (const Json::exception& error) {
    return fail(Fault::input, fmt::format("{} is no lock of an environment", file.string()), remedy, error.what());
  }
  return fail(Fault::input, fmt::format("{} is a lock of another version", file.string()), remedy);
}

Json to_json(const EnvironmentLock& lock) {
  Json json{{"schema", lock_schema},     {"folder", lock.folder.string()}, {"asked", lock.asked},
            {"made", lock.made},         {"installer", lock.installer},    {"python", lock.python},
            {"packages", lock.packages}, {"checkouts", Json::array()}};
  for (const LockedCheckout& checkout : lock.checkouts) {
    const std::string& commit = checkout.state.commit;
    json["checkouts"].push_back({{"package", checkout.package},
                                 {"folder", checkout.folder.string()},
                                 {"commit", commit.empty() ? Json() : Json(commit)},
                                 {"dirty", checkout.state.dirty}});
  }
  return json;
}

Status write_lock(const EnvironmentLock& lock) {
  return write_file(lock_file_of(lock.folder),
                    to_json(lock).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::vector<LockedCheckout> checkouts_of(const Python& python) {
  std::vector<LockedCheckout> checkouts;
  for (const auto& [name, distribution] : find_distributions(python.site)) {
    if (distribution.editable.empty()) continue;
    checkouts.push_back({name, distribution.editable, checkout_state(distribution.editable)});
  }
  return checkouts;
}

std::vector<std::string> differences(const EnvironmentLock& lock, const Python& python) {
  std::vector<std::string> found;
  if (lock.python != python.version) found.push_back(fmt::format("Python is {}, was {}", python.version, lock.python));
  compare_packages(lock, python, found);
  compare_checkouts(lock, python, found);
  return found;
}

Made how_made(const fs::path& environment) {
  const auto json = read_json(environment / mark_name);
  if (!json || !json->is_object() || json->value("schema", Json()) != lock_schema) return Made::elsewhere;
  return json->value("finished", Json()) == true ? Made::finished : Made::unfinished;
}

Status mark(const fs::path& environment, Made made) {
  const Json json{{"schema", lock_schema}, {"finished", made == Made::finished}};
  return write_file(environment / mark_name, json.dump() + "\n");
}

}  // namespace portwright::workspace
