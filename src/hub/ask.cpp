#include "hub/ask.hpp"

#include <utility>

namespace portwright::hub {

Result<Json> ask(probe::Workers& workers, Json request, std::chrono::milliseconds deadline) {
  auto answer = workers.ask(probe::Side::hub, std::move(request), deadline);
  if (answer) return std::move(answer->ok);
  Error error = std::move(answer.error().error);
  if (answer.error().kind == "bad_request") error.fault = Fault::input;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace portwright::hub
