#include "harness/shared_types.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <chrono>

namespace portwright::harness {
namespace {

using probe::Side;

constexpr std::chrono::minutes patience{2};

Result<Json> types_of(probe::Workers& workers, Side side) {
  const auto answer = workers.ask(side, Json{{"do", "model_types"}}, patience);
  if (!answer) return tl::unexpected<Error>(answer.error().error);
  return answer->ok.value("types", Json::object());
}

bool matches(const std::string& glob, const std::string& type) { return fnmatch(glob.c_str(), type.c_str(), 0) == 0; }

}  // namespace

Result<std::map<std::string, std::string>> shared_types(probe::Workers& workers,
                                                        const std::vector<std::string>& globs) {
  for (const Side side : {Side::reference, Side::port}) {
    if (const Status started = workers.start(side); !started) return tl::unexpected<Error>(started.error());
  }
  const auto reference = types_of(workers, Side::reference);
  if (!reference) return tl::unexpected<Error>(reference.error());
  const auto port = types_of(workers, Side::port);
  if (!port) return tl::unexpected<Error>(port.error());

  std::map<std::string, std::string> shared;
  for (const auto& [type, module] : port->items()) {
    if (reference->contains(type)) shared[type] = module.get<std::string>();
  }
  for (const std::string& glob : globs) {
    if (std::none_of(shared.begin(), shared.end(), [&](const auto& entry) { return matches(glob, entry.first); })) {
      return fail(Fault::input, "no model type that both libraries have matches \"" + glob + "\"",
                  "portwright zoo without --types runs all " + std::to_string(shared.size()));
    }
  }
  std::erase_if(shared, [&](const auto& entry) {
    return !globs.empty() && std::none_of(globs.begin(), globs.end(),
                                          [&](const std::string& glob) { return matches(glob, entry.first); });
  });
  return shared;
}

}  // namespace portwright::harness
