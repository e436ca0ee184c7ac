#include "harness/launches.hpp"

#include <algorithm>
#include <system_error>
#include <thread>

#include "base/files.hpp"

namespace portwright::harness {
namespace {

using probe::Launch;
using probe::Side;
using workspace::Choice;

// What a sandboxed port reads besides the system: these may lie below the temporary folder, which is private inside.
std::vector<std::filesystem::path> needed_inside(const Machine& machine, const std::filesystem::path& data,
                                                 const std::vector<std::filesystem::path>& readable) {
  const workspace::Python& python = machine.interpreters.port.python;
  std::vector<std::filesystem::path> folders{python.executable.parent_path().parent_path(), data, cache_folder(),
                                             python.mlx_lm};
  folders.insert(folders.end(), python.site.begin(), python.site.end());
  folders.insert(folders.end(), readable.begin(), readable.end());
  std::erase_if(folders, [](const std::filesystem::path& folder) {
    std::error_code error;
    return folder.empty() || !std::filesystem::is_directory(folder, error);
  });
  return folders;
}

std::map<std::string, std::string> common_environment(const std::filesystem::path& probes, int threads) {
  const std::string count = std::to_string(threads);
  return {{"PYTHONPATH", probes.string()},    {"PYTHONDONTWRITEBYTECODE", "1"}, {"PYTHONUNBUFFERED", "1"},
          {"OMP_NUM_THREADS", count},         {"OPENBLAS_NUM_THREADS", count},  {"MKL_NUM_THREADS", count},
          {"TOKENIZERS_PARALLELISM", "false"}};
}

}  // namespace

Result<Choice> interpreter_with(const std::string& package, const std::filesystem::path& named) {
  auto choice = workspace::choose_python(package, named);
  if (choice && !choice->python.packages.contains(package)) {
    return fail(Fault::input, named.string() + " has no " + package,
                named.string() + " -m pip install " + package + ", or name another interpreter");
  }
  return choice;
}

Result<Interpreters> choose_interpreters(const TestSettings& settings) {
  auto reference = interpreter_with("transformers", settings.reference_python);
  if (!reference) return tl::unexpected<Error>(std::move(reference.error()));
  auto port = interpreter_with("mlx-lm", settings.port_python);
  if (!port) return tl::unexpected<Error>(std::move(port.error()));
  return Interpreters{std::move(*reference), std::move(*port)};
}

// All cores to each: what takes long, decoding, one side does after the other. Half of two cores each made the default
// battery on builtin:smollm2 a seventh slower.
int threads_a_side() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

Result<Machine> examine_machine(const TestSettings& settings) {
  auto interpreters = choose_interpreters(settings);
  if (!interpreters) return tl::unexpected<Error>(std::move(interpreters.error()));
  Machine machine;
  machine.blas = workspace::find_blas(interpreters->port.python);
  machine.interpreters = std::move(*interpreters);
  machine.threads = threads_a_side();
  const bool strange_code = !settings.port_file.empty() || settings.trust_remote_code;
  if (settings.sandbox == SandboxMode::off) {
    machine.sandbox.description = "off, as asked";
  } else if (strange_code) {
    machine.sandbox = workspace::find_sandbox();
    machine.port_sandboxed = machine.sandbox.available;
  } else {
    machine.sandbox.description = "not needed: the installed port";
  }
  if (settings.trust_remote_code && !machine.port_sandboxed) {
    return fail(Fault::input, "--trust-remote-code runs a checkpoint's code in a sandbox only, and there is none here",
                "apt-get install bubblewrap; portwright doctor says more");
  }
  return machine;
}

Result<std::map<Side, Launch>> launches(const Machine& machine, const std::filesystem::path& logs,
                                        const std::filesystem::path& exchange, const std::filesystem::path& scratch,
                                        const std::vector<std::filesystem::path>& readable) {
  const auto data = data_folder();
  if (!data) return tl::unexpected<Error>(data.error());
  const auto launch = [&](const Choice& python, const std::string& side, const std::string& log) {
    Launch made;
    made.command = {python.python.executable.string(), "-m", "portwright_probes." + side};
    made.environment = common_environment(*data / "probes", machine.threads);
    // mx.compile writes into TMPDIR without a lock: one folder for each worker.
    const std::filesystem::path temporary = scratch / ("tmp-" + log);
    std::error_code ignored;
    std::filesystem::create_directories(temporary, ignored);
    made.environment["TMPDIR"] = temporary.string();
    made.log = logs / (log + ".log");
    return made;
  };

  std::map<Side, Launch> result;
  Launch& reference = result[Side::reference] = launch(machine.interpreters.reference, "reference", "reference");
  reference.environment["HF_HUB_OFFLINE"] = "1";
  result[Side::hub] = launch(machine.interpreters.reference, "hub", "hub");
  for (const Side side : {Side::port, Side::canary}) {
    Launch& port = result[side] = launch(machine.interpreters.port, "port", std::string(name(side)));
    port.environment["MLX_ENABLE_TF32"] = "0";
    port.environment["HF_HUB_OFFLINE"] = "1";
    // Read alone by a sandboxed port: what strange code compiled is not run outside.
    port.environment["PORTWRIGHT_KERNELS"] = (cache_folder() / "kernels").string();
    if (side == Side::canary) port.command.emplace_back("--untouched");
    const std::string preloaded = side == Side::port ? machine.blas.library.string() : "";
    if (!preloaded.empty() && !machine.port_sandboxed) port.environment["LD_PRELOAD"] = preloaded;
    if (machine.port_sandboxed) {
      auto words = workspace::sandbox_words({exchange, scratch}, {}, needed_inside(machine, *data, readable));
      // For the interpreter alone: OpenBLAS starts threads where it is loaded, and bwrap, which forks, would wait for
      // them for ever.
      if (!preloaded.empty()) words.insert(words.end(), {"env", "LD_PRELOAD=" + preloaded});
      words.insert(words.end(), port.command.begin(), port.command.end());
      port.command = std::move(words);
    }
  }
  return result;
}

}  // namespace portwright::harness
