#include "workspace/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/amounts.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "workspace/blas.hpp"
#include "workspace/machine.hpp"
#include "workspace/sandbox.hpp"
#include "workspace/tested_set.hpp"

namespace portwright::workspace {
namespace {

constexpr std::uint64_t gigabyte = 1'000'000'000;
constexpr std::uint64_t megabyte = 1'000'000;
constexpr std::uint64_t cache_wants = gigabyte;           // builtin:smollm2 and the reference's answers
constexpr std::uint64_t temporary_wants = gigabyte;       // a converted 135M model and logs
constexpr std::uint64_t exchange_wants = 300 * megabyte;  // the credit window of tensors under way

Finding missing_python(const Error& error) { return {"python", Level::missing, error.sentence, error.remedy}; }

Finding python_finding(const Choice& choice) {
  std::string sentence =
      fmt::format("{}, {}: {}", choice.python.version, choice.python.executable.string(), choice.why);
  for (const Rejected& rejected : choice.rejected) {
    sentence += fmt::format("; passed over {} ({})", rejected.executable.string(), rejected.why);
  }
  return {"python", Level::ok, sentence, ""};
}

void look_at_packages(const Choice& choice, const std::filesystem::path& data, std::vector<Finding>& findings) {
  const auto tested = read_tested_set(data / "requirements");
  if (!tested) {
    findings.push_back({"package", Level::warn, tested.error().sentence, "install portwright again"});
    return;
  }
  const std::string python = choice.python.executable.string();
  for (Finding& finding : compare_with_tested(*tested, choice.python.packages, python)) {
    findings.push_back(std::move(finding));
  }
#ifdef __linux__
  if (auto finding = missing_mlx_backend(choice.python.packages, python)) findings.push_back(std::move(*finding));
#endif
}

Finding blas_finding(const Python& python) {
  const Blas blas = find_blas(python);
  return {"blas", blas.remedy.empty() ? Level::ok : Level::warn, blas.description, blas.remedy};
}

Finding sandbox_finding() {
  const Sandbox sandbox = find_sandbox();
  if (sandbox.available) return {"sandbox", Level::ok, sandbox.description, ""};
  return {"sandbox", Level::warn, sandbox.description, "install bubblewrap, or test only port files that you trust"};
}

Finding backend_finding() {
#if defined(__APPLE__) && defined(__aarch64__)
  return {"backend", Level::ok, "Metal", ""};
#else
  return {"backend", Level::ok, "CPU; Metal cannot be compared on this machine", ""};
#endif
}

// MLX compiles fused element-wise kernels for the CPU with the system's compiler while it runs.
Finding compiler_finding() {
#if defined(__APPLE__)
  return {"compiler", Level::ok, "not needed here", ""};
#else
  const std::string compiler = find_program("g++");
  if (!compiler.empty()) return {"compiler", Level::ok, fmt::format("{}, for mx.compile on the CPU", compiler), ""};
  return {"compiler", Level::warn, "no g++: mx.compile falls back to uncompiled kernels on the CPU",
          "apt-get install g++"};
#endif
}

void look_at_machine(std::vector<Finding>& findings) {
  findings.push_back(memory_finding(machine_memory()));
  const auto cache = cache_folder();
  findings.push_back(space_finding("disk.cache", "the cache", cache, free_space(cache), cache_wants));
  findings.push_back({"cache", Level::ok, fmt::format("{} in {}", bytes_text(folder_size(cache)), cache.string()), ""});
  std::error_code error;
  const auto temporary = std::filesystem::temp_directory_path(error);
  findings.push_back(space_finding("disk.temporary", "a run", temporary, free_space(temporary), temporary_wants));
  if (const std::filesystem::path shared = "/dev/shm"; std::filesystem::is_directory(shared, error)) {
    findings.push_back(space_finding("disk.exchange", "the exchange of tensors in memory", shared, free_space(shared),
                                     exchange_wants));
  }
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  findings.push_back({"cores", Level::ok, fmt::format("{}", cores), ""});
}

Result<Choice> choose(const std::filesystem::path& python) {
  if (python.empty()) return find_python("mlx-lm");
  return inspect_python(python).map([](Python found) { return Choice{std::move(found), "named by --python", {}}; });
}

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warn:
      return "warn";
    case Level::missing:
      break;
  }
  return "missing";
}

bool Examination::usable() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.level == Level::missing; });
}

Result<Examination> examine(const std::filesystem::path& python) {
  Examination examination;
  std::vector<Finding>& findings = examination.findings;
  const auto data = data_folder();
  if (data) {
    findings.push_back({"probes", Level::ok, (*data / "probes").string(), ""});
  } else {
    findings.push_back({"probes", Level::missing, data.error().sentence, data.error().remedy});
  }
  const auto choice = choose(python);
  if (!choice && !python.empty()) return tl::unexpected<Error>(choice.error());
  if (choice) {
    examination.python = *choice;
    findings.push_back(python_finding(*choice));
    if (data) look_at_packages(*choice, *data, findings);
    findings.push_back(blas_finding(choice->python));
  } else {
    findings.push_back(missing_python(choice.error()));
  }
  look_at_machine(findings);
  findings.push_back(sandbox_finding());
  findings.push_back(backend_finding());
  findings.push_back(compiler_finding());
  return examination;
}

}  // namespace portwright::workspace
