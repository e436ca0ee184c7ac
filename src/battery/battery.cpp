#include "battery/battery.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <chrono>

#include "base/interrupt.hpp"
#include "battery/check.hpp"
#include "battery/culprit_line.hpp"
#include "battery/generations.hpp"
#include "battery/prompt.hpp"
#include "battery/repro.hpp"

namespace portwright::battery {
namespace {

using results::CheckRecord;
using results::Verdict;

bool matches(const std::vector<std::string>& globs, std::string_view id) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return fnmatch(glob.c_str(), std::string(id).c_str(), 0) == 0; });
}

Json conditions_of(const Subject& subject, const Check& check) {
  const bool float32 = check.lane == "semantics" || check.lane == "load";
  return Json{{"dtype", float32 ? "float32" : subject.checkpoint.dtype.name},
              {"backend", subject.backend},
              {"products", float32 ? "native" : subject.native_products},
              {"attention", "eager"},
              {"threads", subject.threads},
              {"compiled", false}};
}

CheckRecord measured_record(Context& context, const Check& check, bool port_loads) {
  CheckRecord record;
  record.id = check.id;
  record.variant = context.subject.variant;
  record.lane = check.lane;
  record.gates = check.gates;
  record.conditions = conditions_of(context.subject, check);
  record.command = context.subject.command + " --checks " + std::string(check.id);
  if (check.loads_port && !port_loads) {
    record.verdict = Verdict::not_compared;
    record.summary = "the port did not load";
    return record;
  }
  const auto begun = std::chrono::steady_clock::now();
  try {
    check.run(context, record);
  } catch (const Json::exception& mistake) {
    record.verdict = Verdict::error;
    record.summary = "a worker's answer is not as the protocol says";
    record.measured["last_lines"] = mistake.what();
  }
  record.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return record;
}

}  // namespace

Result<std::vector<std::string>> chosen(const Choice& choice, Effort effort) {
  for (const auto* globs : {&choice.checks, &choice.skip}) {
    for (const std::string& glob : *globs) {
      const auto all = checks();
      if (std::none_of(all.begin(), all.end(), [&](const Check& check) { return matches({glob}, check.id); })) {
        return fail(Fault::input, "no check matches \"" + glob + "\"", "portwright checks lists them");
      }
    }
  }
  std::vector<std::string> ids;
  for (const Check& check : checks()) {
    const bool wanted = choice.checks.empty() ? check.effort <= effort : matches(choice.checks, check.id);
    if (wanted && !matches(choice.skip, check.id)) ids.emplace_back(check.id);
  }
  if (ids.empty()) return fail(Fault::input, "no check is left to run", "choose fewer with --skip");
  return ids;
}

Status run_battery(Session& session, const Subject& subject, const std::vector<std::string>& ids,
                   const Observer& observer) {
  auto prompt = prompt_ids(session, subject);
  if (!prompt) return tl::unexpected<Error>(prompt.error().error);
  Parity parity(session, *prompt);
  const auto is_chosen = [&](std::string_view id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  Generations generations(session, subject, *prompt, [&] {
    // Importing both libraries takes seconds. Where memory is limited, no process is there before it is needed.
    const bool is_wanted = is_chosen("canary") && observer.measured_before("canary") == nullptr;
    if (is_wanted && !session.workers().memory_room()) (void)session.workers().start(probe::Side::canary);
  });
  Context context{session, subject, parity, &generations};

  bool port_loads = true;
  for (const Check& check : checks()) {
    if (!is_chosen(check.id)) continue;
    const CheckRecord* before = observer.measured_before(std::string(check.id));
    if (before == nullptr) observer.begins(std::string(check.id));
    session.begin_check(std::string(check.id));
    CheckRecord record = before != nullptr ? *before : measured_record(context, check, port_loads);
    if (interrupted()) return fail(Fault::interrupted, "interrupted; what was measured is kept", "go on with --resume");
    if (before == nullptr) {
      say_port_line(context, record);
      write_repro(context, record);
    }
    if (check.id == "load") {
      // A port with a wrong weight map can still be measured; one that gives no model cannot.
      port_loads =
          record.verdict != Verdict::error && (record.verdict != Verdict::fail || !record.measured.contains("kind"));
    }
    const Json exchanged = session.take_exchanged();
    for (const Json& file : exchanged.value("kept", Json::array())) {
      record.evidence.push_back("evidence/" + file.get<std::string>());
    }
    observer.ends(record, exchanged);
  }
  return {};
}

}  // namespace portwright::battery
