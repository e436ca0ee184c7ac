#include "harness/zoo.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "harness/shared_types.hpp"
#include "harness/silent.hpp"
#include "harness/test_run.hpp"
#include "harness/zoo_constants.hpp"

namespace portwright::harness {
namespace {

using results::Verdict;
using results::ZooRecord;
using results::ZooRow;

Json question_of(const ZooSettings& settings) {
  return {{"effort", battery::name(settings.test.effort)},
          {"seed", settings.test.seed},
          {"checks", settings.test.checks},
          {"skip", settings.test.skip},
          {"classify", settings.classify}};
}

// An earlier zoo that asked the same; empty where there is none.
Result<ZooRecord> earlier_zoo(const ZooSettings& settings) {
  const std::filesystem::path file = settings.test.out / "zoo.json";
  std::error_code error;
  if (!settings.resume || !std::filesystem::exists(file, error)) return ZooRecord{};
  const auto json = read_json(file);
  if (!json) return tl::unexpected<Error>(json.error());
  try {
    ZooRecord earlier = results::zoo_record_from(*json);
    if (earlier.settings != question_of(settings)) {
      return fail(Fault::input, "the zoo to resume was made with other settings",
                  "leave out --resume, or name another folder with --out");
    }
    return earlier;
  } catch (const Json::exception& mistake) {
    return fail(Fault::input, file.string() + " is no zoo's record", "leave out --resume", mistake.what());
  }
}

// What the jobs share: the types that are left, and the record that grows.
class Board {
 public:
  Board(const ZooSettings& settings, std::map<std::string, std::string> types, ZooRecord kept, const RowSink& ended)
      : file_(settings.test.out / "zoo.json"), left_(std::move(types)), ended_(ended) {
    record_.settings = question_of(settings);
    record_.environment = std::move(kept.environment);
    for (ZooRow& row : kept.rows) {
      if (left_.erase(row.model_type) == 0) continue;
      ended_(row);
      record_.seconds += row.seconds;
      record_.rows.push_back(std::move(row));
    }
  }

  std::optional<std::pair<std::string, std::string>> take() {
    const std::scoped_lock lock(mutex_);
    if (left_.empty() || broken_ || interrupted()) return std::nullopt;
    const auto node = left_.extract(left_.begin());
    return std::pair(node.key(), node.mapped());
  }

  void add(ZooRow row, const Json& environment) {
    const std::scoped_lock lock(mutex_);
    ended_(row);
    record_.environment = environment;
    record_.rows.push_back(std::move(row));
    std::ranges::sort(record_.rows, {}, &ZooRow::model_type);
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
  std::map<std::string, std::string> left_;
  const RowSink& ended_;
  ZooRecord record_;
  std::optional<Error> broken_;
  std::mutex mutex_;
};

TestSettings settings_of_type(const ZooSettings& settings, const std::string& type) {
  TestSettings one = settings.test;
  one.model = "synthetic:" + type;
  one.out = settings.test.out / type;
  one.resume = false;
  one.command = {"portwright",
                 "test",
                 one.model,
                 "--effort",
                 std::string(battery::name(one.effort)),
                 "--seed",
                 std::to_string(one.seed)};
  return one;
}

// What cannot even begin (no checkpoint could be made, a worker died over it) is a row as well.
ZooRow row_of_error(const Error& error, const std::string& type, const std::string& port) {
  ZooRow row;
  row.model_type = type;
  row.port = port;
  row.verdict = Verdict::error;
  row.reason = error.sentence;
  return row;
}

bool logits_are_wrong(const results::RunRecord& run) {
  return std::ranges::any_of(run.checks, [](const results::CheckRecord& check) {
    return check.id == "parity.logits" && check.verdict == Verdict::fail;
  });
}

void measure_types(const ZooSettings& settings, TestBench& bench, Board& board) {
  Silent silent;
  while (const auto next = board.take()) {
    const auto& [type, port] = *next;
    const auto begun = std::chrono::steady_clock::now();
    const TestSettings one = settings_of_type(settings, type);
    const auto run = run_test_on(bench, one, silent);
    if (!run && run.error().fault == Fault::interrupted) return;
    ZooRow row = run ? results::zoo_row(run->record, type, port) : row_of_error(run.error(), type, port);
    if (settings.classify && run && logits_are_wrong(run->record)) row.when = when_it_fails(bench, one);
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    board.add(std::move(row), run ? run->record.environment : Json::object());
  }
}

}  // namespace

Result<ZooRecord> run_zoo(const ZooSettings& settings, const RowSink& ended) {
  const auto kept = earlier_zoo(settings);
  if (!kept) return tl::unexpected<Error>(kept.error());
  const auto logs = [&](int job) { return settings.test.out / "logs" / std::to_string(job); };
  auto first = open_bench(settings.test, logs(0), {});
  if (!first) return tl::unexpected<Error>(std::move(first.error()));
  const auto types = shared_types(*first->workers, settings.types);
  if (!types) return tl::unexpected<Error>(types.error());

  Board board(settings, *types, *kept, ended);
  std::vector<std::thread> others;
  for (int job = 1; job < settings.jobs; ++job) {
    others.emplace_back([&, job] {
      auto bench = open_bench(settings.test, logs(job), {});
      if (!bench) return board.give_up(bench.error());
      measure_types(settings, *bench, board);
    });
  }
  measure_types(settings, *first, board);
  for (std::thread& other : others) other.join();
  return board.finish();
}

}  // namespace portwright::harness
