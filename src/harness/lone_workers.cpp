#include "harness/lone_workers.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "harness/launches.hpp"
#include "harness/provenance.hpp"
#include "probe/exchange.hpp"

namespace portwright::harness {
namespace {

Machine machine_of(const workspace::Choice& python) {
  Machine machine;
  machine.interpreters = {python, python};
  machine.threads = threads_a_side();
  return machine;
}

}  // namespace

Result<std::unique_ptr<probe::Workers>> lone_workers(const workspace::Choice& python) {
  auto exchange = probe::ExchangeFolder::make(0);
  if (!exchange) return tl::unexpected<Error>(exchange.error());
  auto started = launches(machine_of(python), exchange->path(), exchange->path(), exchange->path(), {});
  if (!started) return tl::unexpected<Error>(started.error());
  return std::make_unique<probe::Workers>(std::move(*started), probe::Limits{}, std::move(*exchange));
}

Result<CheckpointMaker> CheckpointMaker::open(const workspace::Choice& python) {
  const auto versions = reference_versions(machine_of(python));
  if (!versions) return tl::unexpected<Error>(versions.error());
  auto workers = lone_workers(python);
  if (!workers) return tl::unexpected<Error>(workers.error());
  return CheckpointMaker(std::move(*workers), made_with(*versions));
}

Result<Located> CheckpointMaker::located(const checkpoint::ModelName& model, std::uint64_t seed, Network network) {
  return locate(model, seed, cache_folder() / "checkpoints", made_with_, *workers_, network);
}

}  // namespace portwright::harness
