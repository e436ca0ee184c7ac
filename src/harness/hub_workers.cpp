#include "harness/hub_workers.hpp"

#include "harness/lone_workers.hpp"

namespace portwright::harness {
namespace {

constexpr const char* hub_package = "huggingface-hub";

}  // namespace

Result<HubWorkers> open_hub(const std::filesystem::path& python) {
  auto choice = workspace::choose_python(hub_package, python);
  if (!choice) return tl::unexpected<Error>(choice.error());
  if (!choice->python.packages.contains(hub_package)) {
    return fail(Fault::input, python.string() + " has no huggingface_hub",
                python.string() + " -m pip install huggingface_hub, or name another interpreter");
  }
  auto workers = lone_workers(*choice);
  if (!workers) return tl::unexpected<Error>(workers.error());
  return HubWorkers{std::move(choice->python), std::move(*workers)};
}

}  // namespace portwright::harness
