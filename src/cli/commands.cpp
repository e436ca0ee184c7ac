#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>

#include "cli/bodies.hpp"
#include "cli/command.hpp"

namespace portwright::cli {
namespace {

constexpr std::array table{
    Command{"doctor", "checks the machine and the Python environments",
            "portwright doctor\nportwright doctor --python .venv/bin/python --json", true, declare_doctor},
    Command{"discover", "lists the variants of a model type on the Hub",
            "portwright discover qwen3\nportwright discover meta-llama/Llama-3.2-1B --json", true, declare_discover},
    Command{"fetch", "brings models into the Hub's cache",
            "portwright fetch Qwen/Qwen3-0.6B\nportwright fetch org/name@v1.1 other/name --dry-run\n"
            "portwright fetch org/name --include '*.json,*.txt'",
            true, declare_fetch},
    Command{"diff", "shows which config keys differ between models, and the reference's code that each switches",
            "portwright diff small/ large/config.json\nportwright diff synthetic:llama 'synthetic:llama#rope-scaled'\n"
            "portwright diff ./my-checkpoint --port my_port.py\nportwright diff a/ b/ --format markdown > diff.md",
            true, declare_diff},
    Command{"synth", "writes a tiny synthetic checkpoint of a model type",
            "portwright synth llama /tmp/tiny-llama\nportwright synth 'qwen3#tied' tiny --seed 7", true, declare_synth},
    Command{"test", "runs the battery on one checkpoint",
            "portwright test builtin:smollm2\nportwright test ./my-checkpoint --port llama.py --effort quick", true,
            declare_test},
    Command{"zoo", "runs the battery over every shared model type, or over the ports of a table",
            "portwright zoo --types 'qwen*' --out runs/qwen\nportwright zoo --resume --classify --table docs/zoo.md\n"
            "portwright zoo --ports ports.json",
            true, declare_zoo},
    Command{"checks", "lists what can be checked", "portwright checks\nportwright checks parity.modules", true,
            declare_checks},
    Command{"report", "shows a run again and renders its files anew", "portwright report runs/smollm2", true,
            declare_report},
    Command{"completions", "prints completions for a shell",
            "portwright completions bash > ~/.local/share/bash-completion/completions/portwright\n"
            "portwright completions zsh > \"${fpath[1]}/_portwright\"\n"
            "portwright completions fish > ~/.config/fish/completions/portwright.fish",
            false, declare_completions},
};

}  // namespace

std::span<const Command> commands() { return table; }

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  names.reserve(table.size());
  for (const Command& command : table) names.emplace_back(command.name);
  return names;
}

Body declare_command(const Command& command, CLI::App& app) {
  app.name(fmt::format("portwright {}", command.name));
  app.set_help_flag("-h,--help", "this text");
  Body body = command.declare(app);
  if (command.json) app.add_flag("--json")->description("one JSON document on standard output, nothing else there");
  return body;
}

}  // namespace portwright::cli
