#include "battery/sensitivity.hpp"

#include <array>
#include <cmath>
#include <optional>

#include "battery/comparer.hpp"

namespace portwright::battery {
namespace {

// Mistakes that ports make, in sizes that are hard to see. Names as in docs/probe-protocol.md.
struct KnownFault {
  const char* name;
  const char* change;
};
constexpr std::array known_faults{
    KnownFault{"scale", "attention scale 1 % off"},
    KnownFault{"eps", "eps of every norm times 10"},
    KnownFault{"theta", "rope theta 5 % off"},
    KnownFault{"bias", "one bias of a middle layer dropped"},
};

Json fault_in_json(const Asked<FaultSeen>& seen, const KnownFault& fault, const std::string& measure) {
  Json told{{"fault", fault.name}, {"change", fault.change}, {"measure", measure}};
  if (!seen) {
    told["not_measured"] = seen.error().error.sentence;
    return told;
  }
  told["injected"] = seen->injected;
  if (seen->injected == 0) return told;
  told["value"] = seen->value;
  told["caught"] = seen->caught;
  return told;
}

}  // namespace

Asked<FaultFelt> logits_with_fault(Context& context, Form form, const std::string& fault) {
  const auto truth = context.parity.truth();
  if (!truth) return tl::unexpected<probe::AskError>(truth.error());
  Json request = plain_forward(context.parity.prompt());
  request["fault"] = fault;
  const std::string what = "felt of a fault: " + std::string(name(form)) + request.dump();
  if (const std::optional<Json> known = context.session.recall(what)) {
    const Json& error = known->at("relative_l2");
    return FaultFelt{known->at("injected"), error.is_null() ? INFINITY : error.get<double>()};
  }
  Comparer comparer(**truth);
  const MeasuredOr answer = context.session.ask(probe::Side::reference, form, request, comparer.sink());
  if (!answer) return tl::unexpected<probe::AskError>(answer.error());
  const auto logits = comparer.errors().find("logits");
  FaultFelt felt{answer->ok.value("injected", 0), logits == comparer.errors().end() ? 0 : logits->second.relative_l2};
  context.session.remember(what, Json{{"injected", felt.injected}, {"relative_l2", felt.relative_l2}});
  return felt;
}

std::string blindness(const Json& faults) {
  std::size_t judged = 0;
  for (const Json& fault : faults) {
    if (fault.value("caught", false)) return {};
    judged += fault.contains("caught") ? 1U : 0U;
  }
  return judged == 0 ? "" : "; none of the known faults put into the reference would have been seen here";
}

void tell_sensitivity(const std::string& measure, const Look& look, results::CheckRecord& record) {
  Json told = Json::array();
  for (const KnownFault& fault : known_faults) told.push_back(fault_in_json(look(fault.name), fault, measure));
  if (record.verdict == results::Verdict::pass) record.summary += blindness(told);
  record.sensitivity["faults"] = std::move(told);
}

}  // namespace portwright::battery
