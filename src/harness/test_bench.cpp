#include "harness/test_bench.hpp"

#include "base/files.hpp"
#include "harness/provenance.hpp"
#include "probe/exchange.hpp"

namespace portwright::harness {
namespace {

constexpr std::uint64_t reference_cache_bytes = 4ULL << 30;

}  // namespace

Result<TestBench> open_bench(const TestSettings& settings, const std::filesystem::path& logs,
                             const std::vector<std::filesystem::path>& readable) {
  auto machine = examine_machine(settings);
  if (!machine) return tl::unexpected<Error>(std::move(machine.error()));
  auto versions = reference_versions(*machine);
  if (!versions) return tl::unexpected<Error>(std::move(versions.error()));
  auto scratch = Scratch::make(cache_folder() / "scratch");
  if (!scratch) return tl::unexpected<Error>(std::move(scratch.error()));
  const probe::Limits limits{std::chrono::minutes(2), 256ULL << 20, settings.memory_bytes};
  auto exchange = probe::ExchangeFolder::make(2 * limits.credit_bytes);
  if (!exchange) return tl::unexpected<Error>(std::move(exchange.error()));
  auto started = launches(*machine, logs, exchange->path(), scratch->path(), readable);
  if (!started) return tl::unexpected<Error>(std::move(started.error()));

  std::optional<probe::AnswerCache> cache;
  if (settings.use_cache) cache.emplace(cache_folder() / "answers", reference_cache_bytes);
  auto workers = std::make_unique<probe::Workers>(std::move(*started), limits, std::move(*exchange));
  return TestBench{std::move(*machine), std::move(*versions), std::move(*scratch), std::move(cache),
                   std::move(workers)};
}

}  // namespace portwright::harness
