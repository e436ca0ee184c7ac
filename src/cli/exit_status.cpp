#include "cli/exit_status.hpp"

namespace portwright::cli {

ExitStatus exit_status(Fault fault) {
  switch (fault) {
    case Fault::input:
      return ExitStatus::bad_input;
    case Fault::interrupted:
      return ExitStatus::interrupted;
    case Fault::environment:
    case Fault::worker:
    case Fault::internal:
      break;
  }
  return ExitStatus::broke;
}

ExitStatus exit_status(results::Verdict verdict) {
  switch (verdict) {
    case results::Verdict::pass:
      return ExitStatus::passed;
    case results::Verdict::fail:
      return ExitStatus::failed;
    case results::Verdict::error:
      return ExitStatus::broke;
    case results::Verdict::inconclusive:
    case results::Verdict::not_compared:
      break;
  }
  return ExitStatus::undecided;
}

}  // namespace portwright::cli
