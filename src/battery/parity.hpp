// The measurements of lanes A and B that several checks share, made once each and only where a check asks.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "battery/comparer.hpp"
#include "battery/session.hpp"
#include "battery/truth.hpp"
#include "diagnose/alignment.hpp"
#include "diagnose/localise.hpp"
#include "diagnose/matrix.hpp"

namespace portwright::battery {

template <class T>
using Asked = tl::expected<T, probe::AskError>;

// Both sides against the truth on the same points, and what each said of the forward besides.
struct Sides {
  PointErrors port;
  PointErrors reference;
  Trace port_trace;
  Trace reference_trace;
};

// The forced forward and what it says.
struct Forced {
  Sides sides;
  diagnose::Judged judged;
  std::vector<std::string> moved;         // paths whose boundary the port draws elsewhere
  std::vector<diagnose::Event> left_out;  // where: the port hands over its own array there
};

// Of each point, by prompt: relative L2 against the truth, of the median row.
using PromptErrors = std::map<std::string, std::vector<double>>;

// One forced forward of several prompts in the native dtype.
struct NativeBatch {
  PromptErrors port;
  PromptErrors reference;
};

// The same of the reference with a known fault, which sits in `injected` places.
struct FaultyBatch {
  PromptErrors reference;
  int injected = 0;
};

class Parity {
 public:
  Parity(Session& session, std::vector<int> prompt) : session_(session), prompt_(std::move(prompt)) {}

  [[nodiscard]] const std::vector<int>& prompt() const { return prompt_; }
  [[nodiscard]] Asked<const Truth*> truth();
  [[nodiscard]] Asked<const diagnose::Alignment*> alignment();
  [[nodiscard]] Asked<const Trace*> port_trace();
  // The port's path of the reference's module, as far as both were aligned already; else the same path.
  [[nodiscard]] std::string port_path(const std::string& reference) const;
  // float32 on both sides, nothing replaced: where an error shows.
  [[nodiscard]] Asked<const Sides*> free_run();
  // float32 on both sides, every aligned module on the reference's input: where an error starts.
  [[nodiscard]] Asked<const Forced*> forced();
  // What the port computes at a point of the reference while everything else is forced as in `forced`: the arrays of
  // all those points, by point. One more forward.
  [[nodiscard]] Asked<std::map<std::string, diagnose::Matrix>> port_arrays(const std::vector<diagnose::Event>& points);
  // Arrays of the port by its own points, likewise.
  [[nodiscard]] Asked<std::map<std::string, diagnose::Matrix>> port_points(const std::set<std::string>& points);
  // The port's parameters at and below one of its modules, by path, as loaded in float32.
  [[nodiscard]] Asked<std::map<std::string, diagnose::Matrix>> port_parameters(const std::string& path);
  // Relative L2 of the port against the truth at a point, where modules alone are forced and functions run free: so can
  // a script of a few lines.
  [[nodiscard]] Asked<double> error_with_modules_forced(const std::string& point);
  // The reference's array of a point, in float64.
  [[nodiscard]] std::optional<diagnose::Matrix> reference_array(const std::string& point) const;
  // Relative L2 of the logits of a free-running forward in which these calls alone hand on the reference's output.
  [[nodiscard]] Asked<double> logits_error_given(const std::vector<std::size_t>& calls);
  // The port's call that is paired with one of the reference; null where there is none.
  [[nodiscard]] const diagnose::Call* port_call(std::size_t reference_call) const;
  // The native dtype on both sides: the logits against the truth, and the dtype of every point.
  [[nodiscard]] Asked<const Sides*> native();
  // The native dtype again, on prompts of one length as rows of one batch, every aligned module on the truth's input.
  [[nodiscard]] Asked<NativeBatch> native_by_prompt(const std::vector<std::vector<int>>& prompts);
  [[nodiscard]] Asked<FaultyBatch> faulty_by_prompt(const std::vector<std::vector<int>>& prompts,
                                                    const std::string& fault);

 private:
  [[nodiscard]] Json forward_request(const Json& capture, const std::string& logits) const;
  // The `force` argument for one side: every aligned call, but for what `leave_out` hands over.
  [[nodiscard]] Json force_on(probe::Side side, const std::vector<diagnose::Event>& leave_out) const;
  [[nodiscard]] Json force_on(probe::Side side, const std::vector<diagnose::Event>& leave_out,
                              const Truth& truth) const;
  // The truth of a batch; the last one is kept.
  [[nodiscard]] Asked<const Truth*> truth_of(const std::vector<std::vector<int>>& prompts);
  [[nodiscard]] Json native_request(probe::Side side, const std::vector<std::vector<int>>& prompts,
                                    const Truth& truth) const;
  // What the reference shows on a batch, with a fault or without; remembered.
  [[nodiscard]] Asked<FaultyBatch> reference_by_prompt(const std::vector<std::vector<int>>& prompts, const Truth& truth,
                                                       const std::string& fault);
  [[nodiscard]] Naming port_naming() const;
  // The same forward on both sides at once, each compared with the truth. What the reference shows is remembered.
  [[nodiscard]] Asked<Sides> both_sides(Form form, const Json& reference_request, const Json& port_request);
  [[nodiscard]] Asked<diagnose::Fingerprints> fingerprints(probe::Side side, const std::vector<std::string>& paths);
  // Relative L2 of the port against the truth at a point of one float32 forward; "logits" too.
  [[nodiscard]] Asked<double> port_error_at(const std::string& point, const Json& request);
  // What the port passed on as it was given, against what belongs there: another given array is an error as any.
  void judge_passed_on(Sides& sides) const;
  [[nodiscard]] diagnose::Judged judge(const Sides& sides) const;
  // Both sides with every aligned call forced, but for what the port hands over at these.
  [[nodiscard]] Asked<Sides> forced_but(const std::vector<diagnose::Event>& left_out);
  // Those of them whose boundary the port draws elsewhere.
  [[nodiscard]] Asked<std::vector<diagnose::Event>> truly_moved(std::vector<diagnose::Event> left_out);
  // What the forced forward leaves to the port, once that was asked for.
  [[nodiscard]] std::vector<diagnose::Event> moved_boundaries() const;
  // Globs for a capture of all that a side shows.
  [[nodiscard]] Json everything() const;
  // Those for a port's: without the modules that have no partner, whose arrays nobody compares.
  [[nodiscard]] Json aligned_globs() const;

  Session& session_;
  std::vector<int> prompt_;
  std::optional<Truth> truth_;
  std::optional<Trace> port_trace_;
  std::optional<diagnose::Alignment> alignment_;
  std::optional<Sides> free_run_;
  std::optional<Forced> forced_;
  std::optional<Sides> native_;
  std::vector<std::vector<int>> batch_;
  std::optional<Truth> batch_truth_;
};

}  // namespace portwright::battery
