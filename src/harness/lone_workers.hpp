// Workers outside a run, for commands that measure nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "checkpoint/model_name.hpp"
#include "harness/located.hpp"
#include "probe/workers.hpp"
#include "workspace/python.hpp"

namespace portwright::harness {

// Every side in one interpreter, without a sandbox, limits or logs that are kept. Starts nothing yet.
[[nodiscard]] Result<std::unique_ptr<probe::Workers>> lone_workers(const workspace::Choice& python);

// What finds, unpacks or makes checkpoints: those that a run finds, too.
class CheckpointMaker {
 public:
  [[nodiscard]] static Result<CheckpointMaker> open(const workspace::Choice& python);

  [[nodiscard]] Result<Located> located(const checkpoint::ModelName& model, std::uint64_t seed,
                                        Network network = Network::on);
  [[nodiscard]] probe::Workers& workers() { return *workers_; }

 private:
  CheckpointMaker(std::unique_ptr<probe::Workers> workers, std::string made_with)
      : workers_(std::move(workers)), made_with_(std::move(made_with)) {}

  std::unique_ptr<probe::Workers> workers_;
  std::string made_with_;
};

}  // namespace portwright::harness
