#include "results/run_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace portwright::results {
namespace {

// A folder of its own for one test, removed with it.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "portwright-run-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

CheckRecord check(const std::string& id) {
  CheckRecord record;
  record.id = id;
  record.variant = "org--model";
  record.verdict = Verdict::pass;
  return record;
}

}  // namespace

TEST_CASE("a run is read back as it was written") {
  const Scratch scratch;
  RunRecord run;
  run.verdict = Verdict::pass;
  run.checks = {check("load")};
  const Result<RunFolder> folder = RunFolder::open(scratch.path() / "run");
  REQUIRE(folder);
  REQUIRE(folder->write(run));
  const Result<RunRecord> read = read_run_folder(folder->path());
  REQUIRE(read);
  CHECK(to_json(*read).dump() == to_json(run).dump());
}

TEST_CASE("a check that ended before a run was cut off is not lost") {
  const Scratch scratch;
  const Result<RunFolder> folder = RunFolder::open(scratch.path());
  REQUIRE(folder);
  RunRecord run;
  run.sentence = "unfinished run";
  REQUIRE(folder->write(run));
  CheckTrace trace;
  trace.inputs = {{"ids", {1, 2}}};
  trace.standard_error = "bytes that are no text: \xFF";
  REQUIRE(folder->write(check("load"), trace));
  REQUIRE(folder->write(check("parity.logits"), {}));

  const Result<RunRecord> read = read_run_folder(scratch.path());
  REQUIRE(read);
  REQUIRE(read->checks.size() == 2);
  CHECK(read->checks[0].id == "load");
  CHECK(read->sentence == "unfinished run");
  const Result<Json> file = read_json(scratch.path() / "variants" / "org--model" / "load.json");
  REQUIRE(file);
  CHECK(file->at("inputs").dump() == R"({"ids":[1,2]})");

  run.checks = read->checks;
  REQUIRE(folder->write(run));
  CHECK(read_run_folder(scratch.path())->checks.size() == 2);
}

TEST_CASE("a run that was killed before run.json was written still has its checks") {
  const Scratch scratch;
  const Result<RunFolder> folder = RunFolder::open(scratch.path());
  REQUIRE(folder);
  REQUIRE(folder->write(check("load"), {}));
  const Result<RunRecord> read = read_run_folder(scratch.path());
  REQUIRE(read);
  CHECK(read->verdict == Verdict::not_compared);
  CHECK(read->sentence.starts_with("unfinished run"));
  CHECK(read->checks.size() == 1);
}

TEST_CASE("a new run into an old folder takes nothing over, and removes nothing that is not a record") {
  const Scratch scratch;
  {
    const Result<RunFolder> folder = RunFolder::open(scratch.path());
    REQUIRE(folder);
    REQUIRE(folder->write(RunRecord{}));
    REQUIRE(folder->write(check("load"), {}));
    REQUIRE(write_file(scratch.path() / "notes.txt", "mine"));
    REQUIRE(write_file(scratch.path() / "variants" / "org--model" / "notes.txt", "mine"));
  }
  CHECK(read_run_folder(scratch.path()));
  const Result<RunFolder> folder = RunFolder::open(scratch.path(), Earlier::removed);
  REQUIRE(folder);
  CHECK_FALSE(read_run_folder(scratch.path()));
  CHECK(read_file(scratch.path() / "notes.txt"));
  CHECK(read_file(scratch.path() / "variants" / "org--model" / "notes.txt"));
}

TEST_CASE("two runs never write into one folder") {
  const Scratch scratch;
  const Result<RunFolder> first = RunFolder::open(scratch.path());
  REQUIRE(first);
  CHECK_FALSE(RunFolder::open(scratch.path()));
}

TEST_CASE("an id that would lead out of the folder is refused") {
  const Scratch scratch;
  const Result<RunFolder> folder = RunFolder::open(scratch.path() / "run");
  REQUIRE(folder);
  for (const char* id : {"", "..", "../load", "a/b", ".hidden"}) {
    CAPTURE(id);
    CHECK_FALSE(folder->write(check(id), {}));
  }
}

TEST_CASE("a folder without a run, or with a broken one, says so") {
  const Scratch scratch;
  const auto sentence = [&] { return read_run_folder(scratch.path()).error().sentence; };
  CHECK(sentence().find("holds no run.json") != std::string::npos);

  REQUIRE(write_file(scratch.path() / "run.json", "{\"schema\": "));
  CHECK(sentence().find("run.json:1:") != std::string::npos);
  REQUIRE(write_file(scratch.path() / "run.json", "{\"schema\": \"portwright.run/9\"}"));
  CHECK(sentence().find("portwright.run/9") != std::string::npos);
  REQUIRE(write_file(scratch.path() / "run.json", "[]"));
  CHECK(sentence().find("is no record of portwright") != std::string::npos);
}

}  // namespace portwright::results
