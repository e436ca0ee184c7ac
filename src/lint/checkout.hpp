// What a checkout of mlx-lm says about a port in it: tests, and shared files that are changed.
#pragma once

#include <filesystem>
#include <vector>

#include "lint/library.hpp"
#include "lint/lint.hpp"

namespace portwright::lint {

// The folder with mlx_lm/models/FILE and a git repository; empty where the file lies in none.
[[nodiscard]] std::filesystem::path checkout_of(const std::filesystem::path& port);

// One finding a port without an entry in tests/test_models.py of its checkout.
void add_missing_tests(const std::vector<std::filesystem::path>& ports, Report& report);

// One finding a file of mlx_lm that differs from where the branch left upstream and is none of the ports: which other
// models it is part of. Rows added to MODEL_REMAPPING are how a port is made known, and are left alone. Asks git, and
// lets it run nothing that the repository names.
void add_changed_shared_files(Library& library, const std::vector<std::filesystem::path>& ports, Report& report);

}  // namespace portwright::lint
