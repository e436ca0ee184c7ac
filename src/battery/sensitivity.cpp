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

struct FeltFault {
  int injected = 0;
  double relative_l2 = 0;  // of the faulty logits against the truth
};

Asked<FeltFault> feel_fault(Context& context, Form form, const Truth& truth, const KnownFault& fault) {
  const Json request{{"do", "forward"},          {"ids", Json::array({context.parity.prompt()})},
                     {"capture", Json::array()}, {"points", {"out"}},
                     {"logits", "all"},          {"cache", false},
                     {"force", nullptr},         {"dtype_only", false},
                     {"fault", fault.name}};
  const std::string what = "felt of a fault: " + std::string(name(form)) + request.dump();
  if (const std::optional<Json> known = context.session.recall(what)) {
    const Json& error = known->at("relative_l2");
    return FeltFault{known->at("injected"), error.is_null() ? INFINITY : error.get<double>()};
  }
  Comparer comparer(truth, [](const std::string& point) { return point; });
  const MeasuredOr answer = context.session.ask(probe::Side::reference, form, request, comparer.sink());
  if (!answer) return tl::unexpected<probe::AskError>(answer.error());
  const auto logits = comparer.errors().find("logits");
  FeltFault felt{answer->ok.value("injected", 0), logits == comparer.errors().end() ? 0 : logits->second.relative_l2};
  context.session.remember(what, Json{{"injected", felt.injected}, {"relative_l2", felt.relative_l2}});
  return felt;
}

Json fault_in_json(const Asked<FeltFault>& felt, const KnownFault& fault, const std::string& measure,
                   const Judge& judge) {
  Json told{{"fault", fault.name}, {"change", fault.change}, {"measure", measure}};
  if (!felt) {
    told["not_measured"] = felt.error().error.sentence;
    return told;
  }
  told["injected"] = felt->injected;
  if (felt->injected == 0) return told;
  const Sight sight = judge(felt->relative_l2);
  told["value"] = sight.value;
  told["caught"] = sight.caught;
  return told;
}

}  // namespace

std::string blindness(const Json& faults) {
  std::size_t judged = 0;
  for (const Json& fault : faults) {
    if (fault.value("caught", false)) return {};
    judged += fault.contains("caught") ? 1U : 0U;
  }
  return judged == 0 ? "" : "; none of the known faults put into the reference would have been seen here";
}

void tell_sensitivity(Context& context, Form form, const std::string& measure, const Judge& judge,
                      results::CheckRecord& record) {
  const auto truth = context.parity.truth();
  if (!truth) return;  // the check itself has told why
  Json told = Json::array();
  for (const KnownFault& fault : known_faults) {
    told.push_back(fault_in_json(feel_fault(context, form, **truth, fault), fault, measure, judge));
  }
  if (record.verdict == results::Verdict::pass) record.summary += blindness(told);
  record.sensitivity["faults"] = std::move(told);
}

}  // namespace portwright::battery
