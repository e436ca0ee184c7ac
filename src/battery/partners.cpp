#include "battery/partners.hpp"

namespace portwright::battery {
namespace {

std::map<std::string, const diagnose::Call*> by_name(const Trace& trace) {
  std::map<std::string, const diagnose::Call*> calls;
  for (const diagnose::Call& call : trace.calls) calls[call.name()] = &call;
  return calls;
}

}  // namespace

std::map<std::string, Partners> partners(Parity& parity, const Sides& native) {
  std::map<std::string, Partners> result;
  const auto alignment = parity.alignment();
  const auto truth = parity.truth();
  if (!alignment || !truth) return result;
  const auto reference = by_name(native.reference_trace);
  const auto port = by_name(native.port_trace);
  for (const diagnose::Pair& pair : (*alignment)->pairs) {
    const auto wanted = reference.find((*truth)->trace().calls[pair.reference].name());
    const auto got = port.find(parity.port_call(pair.reference)->name());
    if (wanted == reference.end() || got == port.end()) continue;
    result[got->first] = {wanted->second, got->second};
  }
  return result;
}

}  // namespace portwright::battery
