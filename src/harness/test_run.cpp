#include "harness/test_run.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/interrupt.hpp"
#include "battery/battery.hpp"
#include "checkpoint/checkpoint.hpp"
#include "harness/launches.hpp"
#include "harness/located.hpp"
#include "harness/manifest.hpp"
#include "harness/manifest_of_run.hpp"
#include "harness/provenance.hpp"
#include "harness/resume.hpp"
#include "harness/verdict_sentence.hpp"
#include "harness/weights_memory.hpp"
#include "probe/answer_cache.hpp"
#include "report/render.hpp"
#include "results/run_folder.hpp"

namespace portwright::harness {
namespace {

using checkpoint::ModelName;
using probe::Side;
using probe::Workers;
using results::CheckRecord;
using results::RunFolder;
using results::RunRecord;

std::string now(const char* format) { return fmt::format(fmt::runtime(format), fmt::gmtime(std::time(nullptr))); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// The models of the run, in the order they are tested.
Result<std::vector<ModelName>> models_of(const TestSettings& settings) {
  std::vector<ModelName> models;
  std::vector<std::string> names{settings.model};
  names.insert(names.end(), settings.variants.begin(), settings.variants.end());
  for (const std::string& text : names) {
    auto model = checkpoint::parse_model_name(text);
    if (!model) return tl::unexpected<Error>(std::move(model.error()));
    models.push_back(std::move(*model));
  }
  return models;
}

Result<std::optional<std::string>> prompt_of(const TestSettings& settings) {
  if (settings.prompt) return settings.prompt;
  if (settings.prompt_file.empty()) return std::nullopt;
  auto text = read_file(settings.prompt_file);
  if (!text) return tl::unexpected<Error>(std::move(text.error()));
  return std::optional(std::move(*text));
}

// So that a broken checkpoint is told at once, and no run is left behind that could not begin.
Status open_folders(const std::vector<ModelName>& models) {
  for (const ModelName& model : models) {
    if (model.source != checkpoint::Source::folder) continue;
    const auto opened = checkpoint::open_checkpoint(model.name);
    if (!opened) return tl::unexpected<Error>(opened.error());
  }
  return {};
}

// Folders the user named, wherever they lie.
std::vector<std::filesystem::path> read_by_the_port(const TestSettings& settings,
                                                    const std::vector<ModelName>& models) {
  std::vector<std::filesystem::path> folders;
  std::error_code error;
  if (!settings.port_file.empty())
    folders.push_back(std::filesystem::absolute(settings.port_file, error).parent_path());
  for (const ModelName& model : models) {
    if (model.source == checkpoint::Source::folder) folders.push_back(std::filesystem::absolute(model.name, error));
  }
  return folders;
}

// What all variants of a run share.
struct Shared {
  const TestSettings& settings;
  const Machine& machine;
  Workers& workers;
  probe::AnswerCache* cache;
  const std::filesystem::path& scratch;
  const std::string& versions;
  const std::vector<std::string>& checks;
  const std::optional<std::string>& prompt;
  const RunFolder& folder;
  report::Progress& progress;
  const std::optional<RunRecord>& earlier;  // the run that is resumed
  RunRecord& run;
};

// The words that repeat one check: without what chose checks, the folder and the form of the answer.
std::string command_of_one_check(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--resume" || words[i] == "--json") continue;
    if (words[i] == "--checks" || words[i] == "--skip" || words[i] == "--out") {
      ++i;
    } else {
      kept.push_back(words[i]);
    }
  }
  return joined(kept);
}

Json weights_json(const std::optional<WeightsMemory>& memory) {
  if (!memory) return {};
  return {{"bf16", memory->bf16}, {"8bit", memory->in_8bit}, {"4bit", memory->in_4bit}};
}

Status test_variant(const Shared& shared, const ModelName& model) {
  shared.progress.note(model.text + ": finding the checkpoint");
  auto located =
      locate(model, shared.settings.seed, cache_folder() / "checkpoints", made_with(shared.versions), shared.workers);
  if (!located) return tl::unexpected<Error>(std::move(located.error()));
  auto opened = checkpoint::open_checkpoint(located->folder);
  if (!opened) return tl::unexpected<Error>(std::move(opened.error()));
  const auto weights = checkpoint::weights_hash(*opened, cache_folder());
  if (!weights) return tl::unexpected<Error>(weights.error());
  const auto greeting = shared.workers.greeting(Side::port);
  if (!greeting) return tl::unexpected<Error>(greeting.error());

  const auto data = data_folder();
  if (!data) return tl::unexpected<Error>(data.error());
  battery::Subject subject;
  subject.variant = model.id();
  subject.checkpoint = std::move(*opened);
  subject.prompts = *data / "prompts";
  subject.prompt_text = shared.prompt;
  subject.effort = shared.settings.effort;
  subject.seed = shared.settings.seed;
  subject.backend = greeting->value("backend", "cpu");
  // Only a CPU lacks fast products of half precision.
  const bool rounded = subject.backend == "cpu" && subject.checkpoint.dtype.name != "float32";
  subject.native_products = rounded ? "f32-rounded" : "native";
  subject.threads = shared.machine.threads;
  subject.command = command_of_one_check(shared.settings.command);
  subject.run_folder = shared.folder.path();
  subject.has_siblings = !shared.settings.variants.empty();

  const auto memory = weights_memory(subject.checkpoint);
  shared.run.variants.push_back({subject.variant, model.text, located->revision, subject.checkpoint.model_type,
                                 subject.checkpoint.dtype.name, subject.checkpoint.dtype.source,
                                 results::Verdict::not_compared, subject.checkpoint.has_chat_template,
                                 weights_json(memory)});

  const battery::LoadPlan reference{subject.checkpoint.folder, {}, "native", {}, shared.settings.trust_remote_code};
  battery::LoadPlan port = reference;
  port.port_file = shared.settings.port_file;
  port.native_products = subject.native_products;
  const std::filesystem::path evidence = shared.folder.path() / "evidence";
  battery::Session session(
      shared.workers, shared.cache,
      {shared.settings.timeout, shared.scratch, *weights + " " + shared.versions,
       shared.settings.keep_tensors ? evidence : std::filesystem::path(), memory ? memory->bf16 : 0},
      reference, port);

  const auto before =
      shared.earlier ? taken_over(*shared.earlier, subject.variant) : std::map<std::string, CheckRecord>();
  Status written;
  battery::Observer observer;
  observer.begins = [&](const std::string& id) { shared.progress.begin(id); };
  observer.measured_before = [&](const std::string& id) {
    const auto found = before.find(id);
    return found == before.end() ? nullptr : &found->second;
  };
  observer.ends = [&](const CheckRecord& record, const Json& exchanged) {
    shared.progress.end(record);
    shared.run.checks.push_back(record);
    const Status status = shared.folder.write(
        record, results::CheckTrace{exchanged.value("requests", Json::array()),
                                    exchanged.value("answers", Json::array()), shared.workers.last_lines(Side::port)});
    if (!status && written) written = status;
  };
  Status ran = run_battery(session, subject, shared.checks, observer);

  std::vector<CheckRecord> own;
  std::copy_if(shared.run.checks.begin(), shared.run.checks.end(), std::back_inserter(own),
               [&](const CheckRecord& record) { return record.variant == subject.variant; });
  shared.run.variants.back().verdict = results::verdict_of(own, subject.checkpoint.has_tokenizer);
  std::filesystem::path port_source = shared.settings.port_file;
  if (const Json* loaded = session.load_answer(Side::port); port_source.empty() && loaded != nullptr) {
    port_source = loaded->value("file", "");
  }
  shared.run.port = port_provenance(port_source);
  if (!ran) return ran;
  return written;
}

// A run that came to no checkpoint leaves nothing that could be repeated.
Status write_manifest(const RunRecord& run, const std::filesystem::path& folder) {
  if (run.variants.empty()) return {};
  return write_file(folder / "manifest.yaml", manifest_text(manifest_of_run(run)));
}

Status finish(const Shared& shared, double seconds, bool was_interrupted) {
  RunRecord& run = shared.run;
  const auto greeted = [&](Side side) {
    Json greeting = shared.workers.last_greeting(side);
    if (greeting.is_null()) greeting = Json::object();
    return greeting;
  };
  const Json port = greeted(Side::port);
  run.environment = environment_provenance(shared.machine, greeted(Side::reference), port);
  run.environment["peak_bytes"] = shared.workers.peak_memory_bytes();
  std::vector<results::Verdict> verdicts;
  verdicts.reserve(run.variants.size());
  for (const results::VariantRecord& variant : run.variants) verdicts.push_back(variant.verdict);
  run.verdict = results::worst(verdicts);
  run.sentence = (was_interrupted ? "interrupted; so far " : "") + verdict_sentence(run, port.value("backend", "cpu"));
  run.seconds = seconds;
  if (const Status status = shared.folder.write(run); !status) return status;
  if (const Status status = write_manifest(run, shared.folder.path()); !status) return status;
  return report::render_all(run, shared.folder.path());
}

// What is asked, before anything was started.
struct Asked {
  std::vector<ModelName> models;
  std::optional<std::string> prompt;
  std::vector<std::string> checks;
};

Result<Asked> asked_by(const TestSettings& settings) {
  auto models = models_of(settings);
  if (!models) return tl::unexpected<Error>(std::move(models.error()));
  if (const Status whole = open_folders(*models); !whole) return tl::unexpected<Error>(whole.error());
  auto prompt = prompt_of(settings);
  if (!prompt) return tl::unexpected<Error>(std::move(prompt.error()));
  auto checks = battery::chosen({settings.checks, settings.skip}, settings.effort);
  if (!checks) return tl::unexpected<Error>(std::move(checks.error()));
  return Asked{std::move(*models), std::move(*prompt), std::move(*checks)};
}

Result<TestRun> measure(const TestSettings& settings, const Asked& asked, const RunFolder& folder, TestBench& bench,
                        report::Progress& progress) {
  const auto begun = std::chrono::steady_clock::now();
  bench.workers->on_idle([&] { progress.tick(); });
  TestRun result;
  result.folder = folder.path();
  result.record.started = now("{:%Y-%m-%dT%H:%M:%SZ}");
  result.record.partial = !settings.checks.empty() || !settings.skip.empty();
  result.record.settings = {{"effort", battery::name(settings.effort)},
                            {"seed", settings.seed},
                            {"checks", asked.checks},
                            {"prompt_sha256", asked.prompt ? Json(sha256_hex(*asked.prompt)) : Json()},
                            {"prompt", asked.prompt ? Json(*asked.prompt) : Json()},
                            {"port_file", settings.port_file.empty() ? Json() : Json(settings.port_file.string())},
                            {"directory", std::filesystem::current_path().string()},
                            {"timeout_seconds", settings.timeout.count()},
                            {"memory_bytes", settings.memory_bytes},
                            {"sandbox", settings.sandbox == SandboxMode::off ? "off" : "auto"},
                            {"trust_remote_code", settings.trust_remote_code},
                            {"command", joined(settings.command)}};
  result.record.environment = environment_provenance(bench.machine, Json::object(), Json::object());
  result.record.port = port_provenance(settings.port_file);
  std::optional<RunRecord> earlier;
  if (settings.resume) {
    if (auto read = results::read_run_folder(folder.path())) earlier = std::move(*read);
  }
  if (earlier) {
    if (const Status same = same_question(*earlier, result.record); !same) return tl::unexpected<Error>(same.error());
  }
  const Shared shared{settings,
                      bench.machine,
                      *bench.workers,
                      bench.cache ? &*bench.cache : nullptr,
                      bench.scratch.path(),
                      bench.versions,
                      asked.checks,
                      asked.prompt,
                      folder,
                      progress,
                      earlier,
                      result.record};
  // The port is needed in any case; the reference only where its answers are not remembered.
  if (const Status begun_port = bench.workers->start(Side::port); !begun_port) {
    return tl::unexpected<Error>(begun_port.error());
  }
  if (!settings.use_cache) (void)bench.workers->start(Side::reference);
  // So that a run that is killed says what it was.
  Status status = folder.write(result.record);
  for (const ModelName& model : asked.models) {
    if (!status) break;
    status = test_variant(shared, model);
  }
  bench.workers->on_idle({});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const Status finished = finish(shared, seconds, !status && status.error().fault == Fault::interrupted);
  if (!status) return tl::unexpected<Error>(status.error());
  if (!finished) return tl::unexpected<Error>(finished.error());
  return result;
}

Result<RunFolder> folder_of(const TestSettings& settings, const Asked& asked) {
  const std::filesystem::path out =
      settings.out.empty() ? std::filesystem::path("runs") / (now("{:%Y%m%d-%H%M%S}") + "-" + asked.models.front().id())
                           : settings.out;
  return RunFolder::open(out, settings.resume ? results::Earlier::kept : results::Earlier::removed);
}

}  // namespace

Result<TestRun> run_test(const TestSettings& settings, report::Progress& progress) {
  const auto asked = asked_by(settings);
  if (!asked) return tl::unexpected<Error>(asked.error());
  const auto folder = folder_of(settings, *asked);
  if (!folder) return tl::unexpected<Error>(folder.error());
  auto bench = open_bench(settings, folder->path() / "logs", read_by_the_port(settings, asked->models));
  if (!bench) return tl::unexpected<Error>(std::move(bench.error()));
  return measure(settings, *asked, *folder, *bench, progress);
}

Result<TestRun> run_test_on(TestBench& bench, const TestSettings& settings, report::Progress& progress) {
  const auto asked = asked_by(settings);
  if (!asked) return tl::unexpected<Error>(asked.error());
  const auto folder = folder_of(settings, *asked);
  if (!folder) return tl::unexpected<Error>(folder.error());
  return measure(settings, *asked, *folder, bench, progress);
}

}  // namespace portwright::harness
