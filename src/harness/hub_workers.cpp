#include "harness/hub_workers.hpp"

#include "harness/launches.hpp"

namespace portwright::harness {
namespace {

constexpr const char* hub_package = "huggingface-hub";

Result<workspace::Choice> python_with_hub(const std::filesystem::path& named) {
  if (named.empty()) return workspace::find_python(hub_package);
  auto python = workspace::inspect_python(named);
  if (!python) return tl::unexpected<Error>(python.error());
  if (!python->packages.contains(hub_package)) {
    return fail(Fault::input, named.string() + " has no huggingface_hub",
                named.string() + " -m pip install huggingface_hub, or name another interpreter");
  }
  return workspace::Choice{std::move(*python), "named on the command line", {}};
}

}  // namespace

Result<HubWorkers> open_hub(const std::filesystem::path& python) {
  auto choice = python_with_hub(python);
  if (!choice) return tl::unexpected<Error>(choice.error());
  auto exchange = probe::ExchangeFolder::make(0);
  if (!exchange) return tl::unexpected<Error>(exchange.error());
  Machine machine;
  machine.interpreters = {*choice, *choice};
  machine.threads = threads_a_side();
  auto started = launches(machine, exchange->path(), exchange->path(), exchange->path(), {});
  if (!started) return tl::unexpected<Error>(started.error());
  return HubWorkers{std::move(choice->python),
                    std::make_unique<probe::Workers>(std::move(*started), probe::Limits{}, std::move(*exchange))};
}

}  // namespace portwright::harness
