#include "report/render.hpp"

#include "base/files.hpp"
#include "report/reproduce_markdown.hpp"
#include "report/summary_markdown.hpp"

namespace portwright::report {

Status render_all(const results::RunRecord& run, const std::filesystem::path& folder) {
  if (Status written = write_file(folder / "summary.md", summary_markdown(run)); !written) return written;
  return write_file(folder / "reproduce.md", reproduce_markdown(run));
}

}  // namespace portwright::report
