#include "probe/memory_watch.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

#include "base/child.hpp"
#include "base/files.hpp"
#include "base/testing.hpp"
#include "probe/exchange.hpp"
#include "probe/process_table.hpp"

namespace portwright::probe {
namespace {

using portwright::testing::becomes;

Child python_with(const std::string& script) {
  return Child::start({.command = {"python3", "-c", script},
                       .environment = {},
                       .input = -1,
                       .output = -1,
                       .errors = -1,
                       .kept = {}})
      .value();
}

TEST_CASE("the table knows this process and its parent") {
  const auto table = process_table();
  const auto own = std::ranges::find(table, ::getpid(), &ProcessRow::id);
  REQUIRE(own != table.end());
  CHECK(own->parent == ::getppid());
  CHECK(own->group == ::getpgrp());
  CHECK(own_memory(::getpid()) > 100'000);
  CHECK(own_memory(-1) == 0);
}

TEST_CASE("children of workers count, in another session too, and the largest worker is named") {
  MemoryWatch watch({});
  watch.sample({});
  const auto before = watch.now_bytes();  // of the program itself, which is large under a sanitizer
  const Child small = python_with("import time; time.sleep(60)");
  const Child large = python_with(
      "import os, time\n"
      "if os.fork() == 0:\n"
      "  os.setsid(); x = bytearray(b'x' * 150_000_000)\n"
      "time.sleep(60)");
  CHECK(becomes([&] {
    watch.sample({small.id(), large.id()});
    return watch.now_bytes() > before + 150'000'000;
  }));
  CHECK(watch.largest() == large.id());
  CHECK(watch.peak_bytes() >= watch.now_bytes());
}

TEST_CASE("the peak stays when the memory is gone") {
  MemoryWatch watch({});
  watch.sample({});
  const auto before = watch.now_bytes();
  {
    const Child eater = python_with("import time; x = bytearray(b'x' * 150_000_000); time.sleep(60)");
    CHECK(becomes([&] {
      watch.sample({eater.id()});
      return watch.now_bytes() > before + 150'000'000;
    }));
  }
  watch.sample({});
  CHECK(watch.now_bytes() + 100'000'000 < watch.peak_bytes());
  CHECK(watch.largest() == 0);
}

TEST_CASE("files of an exchange folder in memory count") {
  const auto folder = ExchangeFolder::make(1).value();
  std::filesystem::create_directories(folder.path() / "port-1");
  {
    const std::string content(40'000'000, 'x');
    REQUIRE(write_file(folder.path() / "port-1" / "x", content));
  }
  MemoryWatch without({});
  without.sample({});
  MemoryWatch with(folder.path());
  with.sample({});
  CHECK(with.now_bytes() > without.now_bytes() + 30'000'000);
}

}  // namespace
}  // namespace portwright::probe
