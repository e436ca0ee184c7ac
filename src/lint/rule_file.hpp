// Rules about a file as a whole: its name, its comments, its imports, what is never used.
#pragma once

#include "lint/queries.hpp"

namespace portwright::lint {

[[nodiscard]] Spots find_no_model(const Port& port);
[[nodiscard]] Spots find_other_file_name(const Port& port);
[[nodiscard]] Spots find_comments(const Port& port);
[[nodiscard]] Spots find_many_comments(const Port& port);
[[nodiscard]] Spots find_commented_code(const Port& port);
[[nodiscard]] Spots find_open_ends(const Port& port);
[[nodiscard]] Spots find_unused_imports(const Port& port);
[[nodiscard]] Spots find_foreign_imports(const Port& port);
[[nodiscard]] Spots find_work_at_import(const Port& port);
[[nodiscard]] Spots find_prints(const Port& port);
[[nodiscard]] Spots find_unused_definitions(const Port& port);
[[nodiscard]] Spots find_dead_code(const Port& port);
[[nodiscard]] Spots find_silenced_errors(const Port& port);

}  // namespace portwright::lint
