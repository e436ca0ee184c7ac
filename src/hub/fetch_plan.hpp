// What fetching a model would bring, said before anything is fetched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "checkpoint/model_name.hpp"
#include "probe/workers.hpp"

namespace portwright::hub {

struct PlannedFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t here = 0;  // bytes that the cache holds; of a partial file what came before it was interrupted
};

struct FetchPlan {
  std::string repo;
  std::string revision;  // as asked; empty: the default branch
  std::string commit;
  std::filesystem::path folder;  // of the snapshot, which may not be there yet
  std::filesystem::path cache;
  std::string license;  // empty where the Hub does not say
  bool gated = false;
  bool offline = false;  // nothing but the cache was asked
  std::uint64_t free_bytes = 0;
  std::vector<PlannedFile> files;
  std::vector<PlannedFile> left_out;
  std::map<std::string, std::string> refused;  // hostile names, and why

  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::uint64_t here() const;
  [[nodiscard]] std::uint64_t to_load() const { return bytes() - here(); }
};

struct FileChoice {
  std::vector<std::string> include;  // globs; empty: what a port needs
  std::vector<std::string> exclude;
};

// An input error where there is no such repository, it may not be read, or no file is left to fetch.
[[nodiscard]] Result<FetchPlan> plan_fetch(const checkpoint::ModelName& model, const FileChoice& choice,
                                           probe::Workers& workers);

// An error where the plans can not be carried out: something is missing and the network is switched off, or they need
// more room than the cache's disk has.
[[nodiscard]] Status can_be_fetched(const std::vector<FetchPlan>& plans);

[[nodiscard]] Json to_json(const FetchPlan& plan);

}  // namespace portwright::hub
