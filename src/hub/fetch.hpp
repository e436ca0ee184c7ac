// Models brought into the standard Hub cache: planned, loaded, their hashes checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "hub/fetch_plan.hpp"
#include "probe/workers.hpp"

namespace portwright::hub {

struct FetchSettings {
  std::vector<std::string> models;  // org/name or org/name@revision
  FileChoice choice;
  bool dry_run = false;  // plans only
  bool verify = false;   // also hash what the cache held before
};

struct Fetched {
  std::filesystem::path folder;
  std::uint64_t loaded_bytes = 0;   // that came now
  std::uint64_t resumed_bytes = 0;  // of interrupted files, that were there
  std::uint64_t held_bytes = 0;     // of whole files, that were there
  std::uint64_t verified = 0;       // files whose hash was compared with the Hub's
  double seconds = 0;
  std::string moved_to;  // the commit that the branch is by now; empty where it is still the one that was fetched
};

struct FetchedModel {
  FetchPlan plan;
  std::optional<Fetched> fetched;  // nothing in a dry run
};

struct FetchReport {
  bool dry_run = false;
  std::vector<FetchedModel> models;  // in the order they were asked for
};

// Who is told while it goes on.
class FetchWatch {
 public:
  virtual ~FetchWatch() = default;
  virtual void planned(const std::vector<FetchPlan>& plans) = 0;  // before the first byte
  virtual void begins(const FetchPlan& plan) = 0;
  virtual void arrived(std::uint64_t done, std::uint64_t of) = 0;  // bytes of that plan
  virtual void ended(const FetchedModel& model) = 0;
};

// All plans are made before anything is loaded. An error of a load says that the same command goes on: what has arrived
// stays.
[[nodiscard]] Result<FetchReport> fetch(const FetchSettings& settings, probe::Workers& workers, FetchWatch& watch);

[[nodiscard]] Json to_json(const FetchReport& report);

}  // namespace portwright::hub
