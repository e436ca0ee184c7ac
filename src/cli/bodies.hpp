// The functions the table of commands points at, each in a file of its own name.
#pragma once

#include "cli/command.hpp"

namespace portwright::cli {

Body declare_checks(CLI::App& app);
Body declare_completions(CLI::App& app);
Body declare_diff(CLI::App& app);
Body declare_discover(CLI::App& app);
Body declare_doctor(CLI::App& app);
Body declare_fetch(CLI::App& app);
Body declare_report(CLI::App& app);
Body declare_synth(CLI::App& app);
Body declare_test(CLI::App& app);
Body declare_zoo(CLI::App& app);

}  // namespace portwright::cli
