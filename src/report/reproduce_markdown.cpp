#include "report/reproduce_markdown.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/terminal.hpp"
#include "report/check_numbers.hpp"
#include "report/markdown.hpp"
#include "report/words.hpp"

namespace portwright::report {
namespace {

using results::CheckRecord;
using results::RunRecord;
using results::VariantRecord;

// "2.13.0" of "2.13.0+cpu": registries know a build by its public version.
std::string public_version(const std::string& version) { return version.substr(0, version.find('+')); }

// The requirement that gives MLX this backend.
std::string mlx_requirement(const RunRecord& run) {
  const std::string version = text_at(run.environment, "mlx");
  const std::string backend = text_at(run.environment, "backend");
  const bool linux_cpu = backend == "cpu" && text_at(run.environment, "platform").starts_with("Linux");
  const std::string extra = linux_cpu ? "[cpu]" : backend == "cuda" ? "[cuda]" : "";
  return version.empty() ? "" : "mlx" + extra + "==" + version;
}

std::string install_commands(const RunRecord& run) {
  std::vector<std::string> requirements;
  const auto add = [&](const char* key, const std::string& package) {
    const std::string version = text_at(run.environment, key);
    if (!version.empty()) requirements.push_back(package + "==" + public_version(version));
  };
  add("portwright", "portwright");
  if (const std::string mlx = mlx_requirement(run); !mlx.empty()) requirements.push_back(mlx);
  add("mlx_lm", "mlx-lm");
  add("transformers", "transformers");
  add("torch", "torch");
  const std::string python = text_at(run.environment, "python");
  std::string text = "uv venv" + (python.empty() ? "" : " --python " + shell_word(python)) + " .venv\n";
  text += "uv pip install --python .venv/bin/python --torch-backend=cpu";
  for (const std::string& requirement : requirements) text += " \\\n    " + shell_word(requirement);
  return text + "\n";
}

std::string packages_of(const RunRecord& run) {
  const auto found = run.environment.find("packages");
  if (found == run.environment.end() || !found->is_array()) return {};
  std::string lines;
  for (const Json& package : *found)
    lines += (package.is_string() ? package.get<std::string>() : package.dump()) + "\n";
  return lines;
}

std::string checkpoint_table(const RunRecord& run) {
  MarkdownTable table({"checkpoint", "revision", "dtype"});
  for (const VariantRecord& variant : run.variants) {
    table.row({md_code(variant.model), md_code(variant.revision), md_text(variant.dtype)});
  }
  return table.empty() ? "No checkpoint is recorded.\n" : table.text();
}

std::string port_section(const RunRecord& run) {
  const std::string file = text_at(run.port, "file");
  if (file.empty()) return "The port of the installed mlx-lm was measured.\n";
  MarkdownTable table({"file", "SHA-256"});
  table.row({md_code(file), md_code(text_at(run.port, "sha256"))});
  if (const auto shared = run.port.find("shared_modules"); shared != run.port.end() && shared->is_array()) {
    for (const Json& module : *shared)
      table.row({md_code(text_at(module, "path")), md_code(text_at(module, "sha256"))});
  }
  std::string text = table.text();
  if (const std::string commit = text_at(run.port, "commit"); !commit.empty()) {
    text += "\nIts checkout was at commit " + md_code(commit);
    if (run.port.value("dirty", Json()) == true) {
      text +=
          ", with changes that are in no commit (SHA-256 of the patch: " + md_code(text_at(run.port, "patch_sha256")) +
          ")";
    }
    text += ".\n";
  }
  return text;
}

std::string settings_table(const RunRecord& run) {
  MarkdownTable table({"", ""});
  for (const auto& [key, value] : run.settings.items()) {
    // The prompt is told by its hash: its text may be long, and is in the manifest.
    if (key == "command" || key == "prompt" || value.is_null()) continue;
    if (key != "prompts" || !value.is_array()) {
      table.row({md_text(key), md_text(value_words(value))});
      continue;
    }
    for (const Json& prompt : value) {
      table.row({"prompt " + md_code(text_at(prompt, "name")), "SHA-256 " + md_code(text_at(prompt, "sha256"))});
    }
  }
  for (const char* key : {"backend", "blas", "threads", "sandbox", "platform"}) {
    const auto found = run.environment.find(key);
    if (found != run.environment.end() && !found->is_null()) table.row({md_text(key), md_text(value_words(*found))});
  }
  return table.empty() ? std::string() : table.text() + "\n";
}

std::string one_by_one(const RunRecord& run) {
  std::string commands;
  for (const CheckRecord& check : run.checks) {
    if (!check.command.empty()) commands += printable(check.command) + "\n";
  }
  return commands.empty() ? std::string() : md_block(commands, "sh");
}

std::string without_portwright(const RunRecord& run) {
  std::string commands;
  for (const CheckRecord& check : run.checks) {
    if (const std::string repro = repro_of(check); !repro.empty()) commands += "python " + shell_word(repro) + "\n";
  }
  return commands.empty()
             ? std::string()
             : "In this folder, with the set above and without portwright:\n\n" + md_block(commands, "sh") + "\n";
}

}  // namespace

std::string reproduce_markdown(const RunRecord& run) {
  std::string text =
      "# How to measure this again\n\nIt ended as: " + md_text(run.sentence) + " (" + md_text(run.started) + ").\n\n";
  text += "## 1. The set that was measured\n\n" + md_block(install_commands(run), "sh") + "\n";
  text +=
      "Without uv: `python -m venv` and `pip install` with the same requirements; on Linux pip's torch may bring "
      "gigabytes "
      "of CUDA libraries.\n\n";
  if (const std::string packages = packages_of(run); !packages.empty()) {
    text += md_folded("Every package that was installed", md_block(packages, "text")) + "\n";
  }
  text += "## 2. What was measured\n\n" + checkpoint_table(run) + "\n" + port_section(run) + "\n";
  text += "## 3. The run\n\n";
  if (const std::string command = text_at(run.settings, "command"); !command.empty()) {
    text += md_block(command, "sh") + "\n";
  }
  text += settings_table(run);
  if (!run.variants.empty())
    text += "manifest.yaml in this folder says the same for a program: it is data, and never executed.\n\n";
  text +=
      "On the same machine, with the same versions, threads and seed, `checks` of run.json comes out the same, byte "
      "for "
      "byte, but for `seconds`, `command` and the `resource` checks. On another machine the verdicts should be the "
      "same.\n\n";
  text += without_portwright(run);
  text += md_folded("Each check alone", one_by_one(run));
  return text;
}

}  // namespace portwright::report
