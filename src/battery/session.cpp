#include "battery/session.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "base/hash.hpp"

namespace portwright::battery {
namespace {

using probe::AskError;
using probe::Side;

tl::unexpected<AskError> could_not_start(Error error) {
  return tl::unexpected<AskError>(AskError{std::move(error), "died", {}});
}

tl::unexpected<AskError> not_kept(const Error& error) { return tl::unexpected<AskError>(AskError{error, "sink", {}}); }

Pending already(MeasuredOr answer) {
  Pending pending;
  pending.ready = std::move(answer);
  return pending;
}

// What a weight takes, in units of 16 bits. Native and quantized weights take at most as much as 16 bits do, or are
// stored in more and small.
std::uint64_t halves_of(Form form) { return form == Form::float64 ? 4 : form == Form::float32 ? 2 : 1; }

// Removes its files with the last owner.
std::shared_ptr<const void> owner_of(const std::shared_ptr<std::vector<std::filesystem::path>>& files) {
  return std::shared_ptr<const void>(files.get(), [files](const void*) {
    for (const std::filesystem::path& file : *files) {
      std::error_code ignored;
      std::filesystem::remove(file, ignored);
    }
  });
}

}  // namespace

std::string_view name(Form form) {
  switch (form) {
    case Form::none:
      return "none";
    case Form::native:
      return "native";
    case Form::float32:
      return "float32";
    case Form::float64:
      return "float64";
    case Form::quantized:
      return "quantized";
  }
  return "none";
}

Json plain_forward(const std::vector<int>& ids) {
  return Json{{"do", "forward"},   {"ids", Json::array({ids})}, {"capture", Json::array()},
              {"points", {"out"}}, {"logits", "all"},           {"cache", false},
              {"force", nullptr},  {"dtype_only", false}};
}

Session::Session(probe::Workers& workers, probe::AnswerCache* cache, SessionSettings settings, LoadPlan reference,
                 LoadPlan port)
    : workers_(workers),
      cache_(cache),
      settings_(std::move(settings)),
      reference_(std::move(reference)),
      port_(std::move(port)) {}

Json Session::load_request(Side side, Form form) const {
  const bool is_reference = side == Side::reference;
  const LoadPlan& plan = is_reference ? reference_ : port_;
  Json request{{"do", "load"},
               {"folder", form == Form::quantized ? plan.quantized_folder.string() : plan.folder.string()},
               {"dtype", form == Form::quantized ? "native" : std::string(name(form))},
               {"trust_remote_code", plan.trust_remote_code}};
  if (!is_reference) {
    request["port_file"] = plan.port_file.empty() ? Json() : Json(plan.port_file.string());
    const bool rounded = side == Side::port && (form == Form::native || form == Form::quantized);
    request["products"] = rounded ? plan.native_products : "native";
    request["lazy"] = false;
  }
  return request;
}

const Session::Loaded* Session::loaded(Side side, Form form) const {
  const auto found = loaded_.find({side, form});
  if (found == loaded_.end()) return nullptr;
  // What could not be loaded once is not tried again; what was loaded went with its worker.
  const bool is_there = !found->second.answer || found->second.generation == workers_.generation(side);
  return is_there ? &found->second : nullptr;
}

Result<probe::Ticket> Session::submit(Side side, Json request, probe::TensorSink sink) {
  return workers_.submit(side, std::move(request), settings_.deadline, noting(side, std::move(sink)));
}

Pending Session::begin_load(Side side, Form form) {
  const Json request = load_request(side, form);
  const std::size_t exchange = note_request(side, form, request);
  const auto ticket = submit(side, request, {});
  if (!ticket) return already(could_not_start(ticket.error()));
  Pending pending;
  pending.ticket = *ticket;
  pending.exchange = exchange;
  return pending;
}

bool Session::has_room_for(const std::vector<std::pair<Side, Form>>& forms) const {
  const auto room = workers_.memory_room();
  if (!room || settings_.weights_bytes == 0) return true;
  std::uint64_t needed = 0;
  // While it is made, the weights as they are stored lie beside it.
  for (const auto& [side, form] : forms) needed += settings_.weights_bytes * (halves_of(form) + 1);
  return needed <= *room;
}

void Session::make_room(Side side, Form form) {
  for (const bool same_side : {true, false}) {
    std::vector<std::pair<Side, Form>> others;
    for (const auto& [what, there] : loaded_) {
      if ((what.first == side) == same_side && there.answer) others.push_back(what);
    }
    for (const auto& [of, other] : others) {
      if (has_room_for({{side, form}})) return;
      unload(of, other);
    }
  }
}

MeasuredOr Session::load(Side side, Form form) {
  // A fresh worker in the place of a dead one holds nothing yet. Why one does not start, the request says.
  (void)workers_.start(side);
  if (const Loaded* there = loaded(side, form)) return there->answer;
  make_room(side, form);
  MeasuredOr answer = finish(begin_load(side, form));
  loaded_.insert_or_assign({side, form}, Loaded{workers_.generation(side), answer});
  return answer;
}

void Session::load_ahead(const std::vector<std::pair<Side, Form>>& forms) {
  std::vector<std::pair<Side, Form>> missing;
  for (const auto& [side, form] : forms) {
    (void)workers_.start(side);
    if (loaded(side, form) == nullptr) missing.emplace_back(side, form);
  }
  if (!has_room_for(missing)) return;
  std::vector<std::pair<std::pair<Side, Form>, Pending>> under_way;
  under_way.reserve(missing.size());
  for (const auto& what : missing) under_way.emplace_back(what, begin_load(what.first, what.second));
  for (auto& [what, pending] : under_way) {
    MeasuredOr answer = finish(std::move(pending));
    loaded_.insert_or_assign(what, Loaded{workers_.generation(what.first), std::move(answer)});
  }
}

void Session::unload(Side side, Form form) {
  if (const Loaded* there = loaded(side, form); there != nullptr && there->answer) {
    // A failed unload costs memory, no verdict: a worker that broke in it shows in its next request.
    (void)workers_.ask(side, Json{{"do", "unload"}, {"model", there->answer->ok.value("model", "")}},
                       settings_.deadline);
  }
  loaded_.erase({side, form});
}

Pending Session::begin(Side side, Form form, const Json& request, probe::TensorSink sink) {
  Json complete = request;
  if (form != Form::none) {
    MeasuredOr model = load(side, form);
    if (!model) return already(std::move(model));
    complete["model"] = model->ok.value("model", "");
  }
  const std::size_t exchange = note_request(side, form, complete);
  const auto ticket = submit(side, std::move(complete), std::move(sink));
  if (!ticket) return already(could_not_start(ticket.error()));
  Pending pending;
  pending.ticket = *ticket;
  pending.exchange = exchange;
  return pending;
}

Pending Session::begin_reference(Form form, const Json& request, const std::string& depends) {
  std::string entry;
  if (cache_ != nullptr) {
    Json asked = request;
    if (!depends.empty() && asked.contains("force")) asked["force"].erase("files");
    entry = key(std::string(name(form)) + asked.dump() + depends);
    if (auto stored = cache_->find(entry)) {
      for (const std::filesystem::path& file : stored->files) {
        if (Status noted = note_tensors(Side::reference, file); !noted) return already(not_kept(noted.error()));
      }
      return already(Measured{.ok = std::move(stored->ok), .files = std::move(stored->files), .keep = {}});
    }
  }
  auto files = std::make_shared<std::vector<std::filesystem::path>>();
  Pending pending = begin(Side::reference, form, request, keep_files(files));
  pending.files = std::move(files);
  pending.remember_as = entry;
  return pending;
}

MeasuredOr Session::finish(Pending pending) {
  if (pending.ready) return std::move(*pending.ready);
  auto answered = workers_.wait(pending.ticket);
  Measured measured;
  if (pending.files) {
    measured.files = *pending.files;
    measured.keep = owner_of(pending.files);
  }
  if (!answered) {
    MeasuredOr failed = tl::unexpected<AskError>(std::move(answered.error()));
    note_answer(pending.exchange, failed, false);
    return failed;
  }
  measured.ok = std::move(answered->ok);
  measured.seconds = answered->seconds;
  if (!pending.files && !answered->files.empty()) {
    for (const auto& file : answered->files) {
      if (Status noted = note_tensors(pending.ticket.side, file->path()); !noted) return not_kept(noted.error());
    }
    auto kept = std::make_shared<std::vector<std::shared_ptr<probe::TensorFile>>>(std::move(answered->files));
    for (const auto& file : *kept) measured.files.push_back(file->path());
    measured.keep = std::move(kept);
  }
  if (!pending.remember_as.empty() && cache_ != nullptr) {
    // An answer that cannot be stored (a full disk) is only asked for again next time.
    (void)cache_->store(pending.remember_as, measured.ok, measured.files);
  }
  MeasuredOr result = std::move(measured);
  note_answer(pending.exchange, result, false);
  return result;
}

MeasuredOr Session::ask_reference(Form form, const Json& request, const std::string& depends) {
  return finish(begin_reference(form, request, depends));
}

MeasuredOr Session::ask(Side side, Form form, const Json& request, probe::TensorSink sink) {
  return finish(begin(side, form, request, std::move(sink)));
}

std::size_t Session::note_request(Side side, Form form, const Json& request) {
  Json noted{{"side", probe::name(side)}, {"form", name(form)}};
  noted.update(request);
  exchanged_["requests"].push_back(std::move(noted));
  exchanged_["answers"].push_back(nullptr);
  return exchanged_["answers"].size() - 1;
}

void Session::note_answer(std::size_t exchange, const MeasuredOr& answer, bool remembered) {
  Json& answers = exchanged_["answers"];
  if (exchange >= answers.size()) return;  // it was asked during a check that has ended
  answers[exchange] = answer ? Json{{"ok", answer->ok}, {"remembered", remembered}, {"seconds", answer->seconds}}
                             : Json{{"error",
                                     {{"kind", answer.error().kind},
                                      {"sentence", answer.error().error.sentence},
                                      {"detail", answer.error().error.detail}}}};
}

Json Session::take_exchanged() { return std::exchange(exchanged_, Json::object()); }

const Json* Session::load_answer(Side side) const {
  for (const auto& [what, loaded] : loaded_) {
    if (what.first == side && loaded.answer) return &loaded.answer->ok;
  }
  return nullptr;
}

std::string Session::key(const std::string& what) const { return xxh128_hex(settings_.reference_identity + what); }

std::optional<Json> Session::recall(const std::string& what) {
  // Numbers have no tensors to keep.
  if (cache_ == nullptr || !settings_.evidence.empty()) return std::nullopt;
  if (auto stored = cache_->find(key(what))) return std::move(stored->ok);
  return std::nullopt;
}

void Session::remember(const std::string& what, const Json& numbers) {
  if (cache_ != nullptr) (void)cache_->store(key(what), numbers, {});
}

Status Session::note_tensors(Side side, const std::filesystem::path& file) {
  if (settings_.evidence.empty()) return {};
  std::error_code error;
  const std::filesystem::path folder = settings_.evidence / check_;
  std::filesystem::create_directories(folder, error);
  std::filesystem::path kept;
  do {  // another variant, or the run that this one goes on with, has kept some there
    kept = folder / fmt::format("{:05}-{}.safetensors", ++files_noted_, probe::name(side));
  } while (!error && std::filesystem::exists(kept, error));
  if (!error) std::filesystem::copy_file(file, kept, error);
  if (error) {
    std::error_code ignored;
    std::filesystem::remove(kept, ignored);
    return fail(Fault::environment, "cannot keep the tensors in " + folder.string() + ": " + error.message(),
                "free some space there, or leave out --keep-tensors");
  }
  exchanged_["kept"].push_back(check_ + "/" + kept.filename().string());
  return {};
}

probe::TensorSink Session::noting(Side side, probe::TensorSink sink) {
  if (settings_.evidence.empty() || !sink) return sink;
  return [this, side, sink = std::move(sink)](std::shared_ptr<probe::TensorFile> file) -> Status {
    if (Status noted = note_tensors(side, file->path()); !noted) return noted;
    return sink(std::move(file));
  };
}

probe::TensorSink Session::keep_files(const std::shared_ptr<std::vector<std::filesystem::path>>& files) {
  return [this, files](const std::shared_ptr<probe::TensorFile>& file) -> Status {
    const std::filesystem::path kept = settings_.scratch / (std::to_string(files_kept_++) + ".safetensors");
    std::error_code error;
    std::filesystem::rename(file->path(), kept, error);
    if (error) std::filesystem::copy_file(file->path(), kept, error);
    if (error) {
      return fail(Fault::environment,
                  "cannot keep a tensor file in " + settings_.scratch.string() + ": " + error.message(),
                  "free some space there, or set TMPDIR to a folder with room");
    }
    files->push_back(kept);
    return {};
  };
}

}  // namespace portwright::battery
