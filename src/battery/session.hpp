// Asking both sides: models loaded once per dtype, answers of the reference remembered, errors as the checks need them.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "probe/answer_cache.hpp"
#include "probe/workers.hpp"

namespace portwright::battery {

// Which form of the checkpoint a request runs on; one load each per side.
enum class Form { none, native, float32, float64, quantized };

[[nodiscard]] std::string_view name(Form form);

// What a side needs to load, beside the dtype that the form says.
struct LoadPlan {
  std::filesystem::path folder;
  std::filesystem::path port_file;  // port only; empty: the installed port
  std::string native_products = "native";
  std::filesystem::path quantized_folder;  // set once it was made
  bool trust_remote_code = false;
};

// An answer and the tensor files that came with it; the files live as long as this does.
struct Measured {
  Json ok = Json::object();
  std::vector<std::filesystem::path> files;
  std::shared_ptr<const void> keep;
  double seconds = 0;  // as the worker measured it; 0 where it was remembered
};
using MeasuredOr = tl::expected<Measured, probe::AskError>;

// A request under way, or an answer that was remembered.
struct Pending {
  std::optional<MeasuredOr> ready;
  probe::Ticket ticket;
  std::shared_ptr<std::vector<std::filesystem::path>> files;
  std::string remember_as;   // key in the cache; empty: not remembered
  std::size_t exchange = 0;  // its place in what was exchanged
};

struct SessionSettings {
  std::chrono::milliseconds deadline{1'800'000};  // of one request
  std::filesystem::path scratch;                  // a folder of this run alone; its files go with the session
  std::string reference_identity;                 // checkpoint and versions: what an answer of the reference depends on
  std::filesystem::path evidence;                 // where every tensor that was captured is kept; empty: nowhere
  std::uint64_t weights_bytes = 0;                // of all weights in 16 bits each; 0 where that is not known
};

// The protocol's `forward` of one sequence without captures: the logits of every position.
[[nodiscard]] Json plain_forward(const std::vector<int>& ids);

class Session {
 public:
  // `cache` may be null: nothing is remembered.
  Session(probe::Workers& workers, probe::AnswerCache* cache, SessionSettings settings, LoadPlan reference,
          LoadPlan port);

  // Loads a form on a side unless it is loaded in the running worker. Its answer is the protocol's `load`.
  [[nodiscard]] MeasuredOr load(probe::Side side, Form form);
  // Loads forms that are asked for soon, all at the same time, unless memory is limited and has no room for them; their
  // answers are had from `load`.
  void load_ahead(const std::vector<std::pair<probe::Side, Form>>& forms);
  void unload(probe::Side side, Form form);

  // A request to the reference; its tensors are kept as files. `depends` is what the answer depends on beside the
  // request and the checkpoint: given where the request names files. A remembered answer starts no worker.
  [[nodiscard]] Pending begin_reference(Form form, const Json& request, const std::string& depends = {});
  // The same with a sink that takes the tensors; the answer is not remembered.
  [[nodiscard]] Pending begin(probe::Side side, Form form, const Json& request, probe::TensorSink sink = {});
  [[nodiscard]] MeasuredOr finish(Pending pending);

  [[nodiscard]] MeasuredOr ask_reference(Form form, const Json& request, const std::string& depends = {});
  [[nodiscard]] MeasuredOr ask(probe::Side side, Form form, const Json& request, probe::TensorSink sink = {});

  // Numbers computed from answers of the reference, remembered like an answer.
  [[nodiscard]] std::optional<Json> recall(const std::string& what);
  void remember(const std::string& what, const Json& numbers);

  // What is captured from now on is evidence of this check.
  void begin_check(std::string id) { check_ = std::move(id); }
  // Requests and answers (without tensors) since the last call: {"requests": […], "answers": […]}, side by side, and
  // "kept": the files that were kept as evidence, "CHECK/FILE" below its folder.
  [[nodiscard]] Json take_exchanged();
  // The load answer of any form of a side; null where none was loaded.
  [[nodiscard]] const Json* load_answer(probe::Side side) const;

  [[nodiscard]] bool keeps_tensors() const { return !settings_.evidence.empty(); }
  [[nodiscard]] probe::Workers& workers() { return workers_; }
  [[nodiscard]] LoadPlan& port_plan() { return port_; }
  [[nodiscard]] const std::filesystem::path& scratch() const { return settings_.scratch; }
  [[nodiscard]] std::string key(const std::string& what) const;  // of the cache

 private:
  struct Loaded {
    std::uint64_t generation = 0;
    MeasuredOr answer;
  };

  [[nodiscard]] std::size_t note_request(probe::Side side, Form form, const Json& request);
  void note_answer(std::size_t exchange, const MeasuredOr& answer, bool remembered);
  [[nodiscard]] Json load_request(probe::Side side, Form form) const;
  [[nodiscard]] Pending begin_load(probe::Side side, Form form);
  [[nodiscard]] bool has_room_for(const std::vector<std::pair<probe::Side, Form>>& forms) const;
  // Unloads other forms, those of the same side first, until the memory that is allowed has room for this one.
  void make_room(probe::Side side, Form form);
  [[nodiscard]] Result<probe::Ticket> submit(probe::Side side, Json request, probe::TensorSink sink);
  [[nodiscard]] const Loaded* loaded(probe::Side side, Form form) const;
  // Copies a tensor file into the evidence, where that is wanted.
  [[nodiscard]] Status note_tensors(probe::Side side, const std::filesystem::path& file);
  [[nodiscard]] probe::TensorSink noting(probe::Side side, probe::TensorSink sink);
  [[nodiscard]] probe::TensorSink keep_files(const std::shared_ptr<std::vector<std::filesystem::path>>& files);

  probe::Workers& workers_;
  probe::AnswerCache* cache_;
  SessionSettings settings_;
  LoadPlan reference_;
  LoadPlan port_;
  std::map<std::pair<probe::Side, Form>, Loaded> loaded_;
  std::uint64_t files_kept_ = 0;
  std::uint64_t files_noted_ = 0;
  std::string check_;
  Json exchanged_ = Json::object();
};

}  // namespace portwright::battery
