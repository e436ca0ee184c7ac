#include "harness/zoo.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/interrupt.hpp"
#include "checkpoint/model_name.hpp"
#include "harness/silent.hpp"
#include "harness/test_run.hpp"
#include "harness/zoo_constants.hpp"
#include "harness/zoo_subjects.hpp"

namespace portwright::harness {
namespace {

using results::Verdict;
using results::ZooRecord;
using results::ZooRow;

// A listed port that was edited since is another question.
Json ports_of(const std::vector<ZooSubject>& listed) {
  Json ports = Json::object();
  for (const ZooSubject& subject : listed) {
    const auto text = subject.port_file.empty() ? Result<std::string>() : read_file(subject.port_file);
    ports[subject.id] = {{"model", subject.model},
                         {"sha256", text && !text->empty() ? Json(sha256_hex(*text)) : Json()}};
  }
  return ports;
}

Json question_of(const ZooSettings& settings, const std::vector<ZooSubject>& listed) {
  return {{"effort", battery::name(settings.test.effort)},
          {"seed", settings.test.seed},
          {"checks", settings.test.checks},
          {"skip", settings.test.skip},
          {"classify", settings.classify},
          {"ports", ports_of(listed)}};
}

// An earlier zoo that asked the same; empty where there is none.
Result<ZooRecord> earlier_zoo(const ZooSettings& settings, const Json& question) {
  const std::filesystem::path file = settings.test.out / "zoo.json";
  std::error_code error;
  if (!settings.resume || !std::filesystem::exists(file, error)) return ZooRecord{};
  const auto json = read_json(file);
  if (!json) return tl::unexpected<Error>(json.error());
  try {
    ZooRecord earlier = results::zoo_record_from(*json);
    if (earlier.settings != question) {
      return fail(Fault::input, "the zoo to resume was made with other settings",
                  "leave out --resume, or name another folder with --out");
    }
    return earlier;
  } catch (const Json::exception& mistake) {
    return fail(Fault::input, file.string() + " is no zoo's record", "leave out --resume", mistake.what());
  }
}

// What the jobs share: the subjects that are left, and the record that grows.
class Board {
 public:
  Board(std::filesystem::path file, Json question, std::vector<ZooSubject> subjects, ZooRecord kept,
        const RowSink& ended)
      : file_(std::move(file)), left_(std::move(subjects)), ended_(ended) {
    std::ranges::reverse(left_);  // taken from the back
    record_.settings = std::move(question);
    record_.environment = std::move(kept.environment);
    for (ZooRow& row : kept.rows) {
      if (std::erase_if(left_, [&](const ZooSubject& subject) { return subject.id == row.id; }) == 0) continue;
      ended_(row);
      record_.seconds += row.seconds;
      record_.rows.push_back(std::move(row));
    }
  }

  std::optional<ZooSubject> take() {
    const std::scoped_lock lock(mutex_);
    if (left_.empty() || broken_ || interrupted()) return std::nullopt;
    ZooSubject next = std::move(left_.back());
    left_.pop_back();
    return next;
  }

  void add(ZooRow row, const Json& environment) {
    const std::scoped_lock lock(mutex_);
    ended_(row);
    record_.environment = environment;
    record_.rows.push_back(std::move(row));
    std::ranges::sort(record_.rows, {}, &ZooRow::id);
    record_.seconds = 0;
    for (const ZooRow& each : record_.rows) record_.seconds += each.seconds;
    const Status written = write_file(file_, results::to_json(record_).dump(1) + "\n");
    if (!written) broken_ = written.error();
  }

  void give_up(const Error& error) {
    const std::scoped_lock lock(mutex_);
    broken_ = error;
  }

  [[nodiscard]] Result<ZooRecord> finish() {
    if (broken_) return tl::unexpected<Error>(*broken_);
    if (interrupted()) {
      return fail(Fault::interrupted, "interrupted; the rows so far are kept", "go on with --resume");
    }
    return std::move(record_);
  }

 private:
  std::filesystem::path file_;
  std::vector<ZooSubject> left_;
  const RowSink& ended_;
  ZooRecord record_;
  std::optional<Error> broken_;
  std::mutex mutex_;
};

TestSettings settings_of_one(const ZooSettings& settings, const ZooSubject& subject) {
  TestSettings one = settings.test;
  one.model = subject.model;
  one.port_file = subject.port_file;
  one.out = settings.test.out / subject.id;
  one.resume = false;
  one.command = {"portwright", "test", one.model};
  if (!one.port_file.empty()) one.command.insert(one.command.end(), {"--port", one.port_file.string()});
  for (const std::string& word : {std::string("--effort"), std::string(battery::name(one.effort)),
                                  std::string("--seed"), std::to_string(one.seed)}) {
    one.command.push_back(word);
  }
  return one;
}

// What cannot even begin (no checkpoint could be made, a worker died over it) is a row as well.
ZooRow row_of_error(const Error& error) {
  ZooRow row;
  row.verdict = Verdict::error;
  row.reason = error.sentence;
  return row;
}

bool logits_are_wrong(const results::RunRecord& run) {
  return std::ranges::any_of(run.checks, [](const results::CheckRecord& check) {
    return check.id == "parity.logits" && check.verdict == Verdict::fail;
  });
}

void measure_what_is_left(const ZooSettings& settings, TestBench& bench, Board& board) {
  Silent silent;
  while (const auto next = board.take()) {
    const auto begun = std::chrono::steady_clock::now();
    const TestSettings one = settings_of_one(settings, *next);
    const auto run = run_test_on(bench, one, silent);
    if (!run && run.error().fault == Fault::interrupted) return;
    ZooRow row = run ? results::zoo_row(run->record) : row_of_error(run.error());
    row.id = next->id;
    row.model = next->model;
    row.port = next->port;
    if (settings.classify && run && logits_are_wrong(run->record)) row.when = when_it_fails(bench, one);
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    board.add(std::move(row), run ? run->record.environment : Json::object());
  }
}

// What the workers of all subjects are started for: where any port is a file, they are all sandboxed and see them all.
struct BenchSettings {
  TestSettings test;
  std::vector<std::filesystem::path> readable;
};

BenchSettings bench_settings(const ZooSettings& settings, const std::vector<ZooSubject>& listed) {
  BenchSettings bench{settings.test, {}};
  std::error_code error;
  for (const ZooSubject& subject : listed) {
    if (!subject.port_file.empty()) {
      bench.test.port_file = subject.port_file;
      bench.readable.push_back(subject.port_file.parent_path());
    }
    const auto model = checkpoint::parse_model_name(subject.model);
    if (model && model->source == checkpoint::Source::folder) {
      bench.readable.push_back(std::filesystem::absolute(model->name, error));
    }
  }
  return bench;
}

}  // namespace

Result<ZooRecord> run_zoo(const ZooSettings& settings, const RowSink& ended) {
  Result<std::vector<ZooSubject>> listed;
  if (!settings.ports.empty()) listed = listed_subjects(settings.ports);
  if (!listed) return tl::unexpected<Error>(listed.error());
  const Json question = question_of(settings, *listed);
  const auto kept = earlier_zoo(settings, question);
  if (!kept) return tl::unexpected<Error>(kept.error());

  const BenchSettings started = bench_settings(settings, *listed);
  const auto open = [&](int job) {
    return open_bench(started.test, settings.test.out / "logs" / std::to_string(job), started.readable);
  };
  auto first = open(0);
  if (!first) return tl::unexpected<Error>(std::move(first.error()));
  const auto subjects = settings.ports.empty() ? shared_subjects(*first->workers, settings.types) : listed;
  if (!subjects) return tl::unexpected<Error>(subjects.error());

  Board board(settings.test.out / "zoo.json", question, *subjects, *kept, ended);
  std::vector<std::thread> others;
  for (int job = 1; job < settings.jobs; ++job) {
    others.emplace_back([&, job] {
      auto bench = open(job);
      if (!bench) return board.give_up(bench.error());
      measure_what_is_left(settings, *bench, board);
    });
  }
  measure_what_is_left(settings, *first, board);
  for (std::thread& other : others) other.join();
  return board.finish();
}

}  // namespace portwright::harness
