#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/bodies.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "workspace/environment.hpp"

namespace portwright::cli {
namespace {

std::string text_of(const workspace::MadeEnvironment& made) {
  const workspace::EnvironmentLock& lock = made.lock;
  std::string text = made.reused ? fmt::format("{} is as asked: nothing was done\n", lock.folder.string())
                                 : fmt::format("{} is made, with {}\n", lock.folder.string(), lock.installer);
  for (const char* package : {"mlx-lm", "transformers", "torch", "mlx"}) {
    const auto version = lock.packages.find(package);
    if (version == lock.packages.end()) continue;
    text += fmt::format("  {:<12}  {}", package, version->second);
    for (const workspace::LockedCheckout& checkout : lock.checkouts) {
      if (checkout.package != package) continue;
      constexpr std::size_t digits = 10;
      text += fmt::format("  {}{}{}", checkout.folder.string(),
                          checkout.state.commit.empty() ? "" : " at " + checkout.state.commit.substr(0, digits),
                          checkout.state.dirty ? ", changed" : "");
    }
    text += "\n";
  }
  text += fmt::format("lock: {}\nuse it: portwright test MODEL --python {}\n",
                      workspace::lock_file_of(lock.folder).string(), made.python.string());
  return text;
}

Json json_of(const workspace::MadeEnvironment& made) {
  Json document = workspace::to_json(made.lock);
  document["reused"] = made.reused;
  document["executable"] = made.python.string();
  return document;
}

}  // namespace

Body declare_env(CLI::App& app) {
  auto action = std::make_shared<std::string>();
  auto options = std::make_shared<workspace::EnvironmentOptions>();
  add_choice(app, "ACTION", *action, {"create"}, "what to do")->required();
  app.add_option("DIR", options->folder, "a folder that is not there yet, or was made by this command")
      ->type_name("DIR")
      ->required();
  app.add_option("--mlx-lm", options->mlx_lm, "a version, a checkout's folder, a branch, tag or commit, or URL@REF")
      ->type_name("REF or PATH");
  app.add_option("--transformers", options->transformers, "the same of transformers")->type_name("REF or PATH");
  app.add_option("--torch", options->torch, "a version of the package index")->type_name("VERSION");
  return [options](const Call& call) -> Result<ExitStatus> {
    const auto made = workspace::create_environment(*options, [](const std::string& line) {
      std::cerr << line << "\n" << std::flush;
    });
    if (!made) return tl::unexpected<Error>(made.error());
    if (call.json) {
      print_json(json_of(*made));
    } else {
      print(text_of(*made));
    }
    return ExitStatus::passed;
  };
}

}  // namespace portwright::cli
