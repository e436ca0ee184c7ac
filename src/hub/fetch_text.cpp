#include "hub/fetch_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/amounts.hpp"
#include "base/terminal.hpp"

namespace portwright::hub {
namespace {

constexpr std::size_t commit_letters = 12;
constexpr std::size_t left_out_shown = 4;

std::string files_word(std::size_t count) { return fmt::format("{} {}", count, count == 1 ? "file" : "files"); }

std::string head_of(const FetchPlan& plan) {
  std::string text = plan.repo;
  if (!plan.revision.empty()) text += "@" + plan.revision;
  text += " · " + plan.commit.substr(0, commit_letters);
  if (!plan.license.empty()) text += " · " + plan.license;
  if (plan.gated) text += " · gated, and open to you";
  if (plan.offline) text += " · from the cache, the network is switched off";
  return printable(text) + "\n";
}

std::string file_lines(const FetchPlan& plan) {
  int columns = 0;
  for (const PlannedFile& file : plan.files) columns = std::max(columns, columns_of(printable(file.name)));
  std::string text;
  for (const PlannedFile& file : plan.files) {
    const std::string name = printable(file.name);
    text += fmt::format("  {}{:{}} {:>8}", name, "", columns - columns_of(name), bytes_text(file.bytes));
    if (file.here == file.bytes) {
      text += "  here";
    } else if (file.here > 0) {
      text += fmt::format("  {} here", bytes_text(file.here));
    }
    text += "\n";
  }
  return text;
}

std::string left_out_line(const FetchPlan& plan) {
  if (plan.left_out.empty()) return "";
  std::uint64_t bytes = 0;
  std::string names;
  for (std::size_t i = 0; i < plan.left_out.size(); ++i) {
    bytes += plan.left_out[i].bytes;
    if (i < left_out_shown) names += (i == 0 ? "" : ", ") + printable(plan.left_out[i].name);
  }
  if (plan.left_out.size() > left_out_shown) names += ", …";
  return fmt::format("  left out: {}, {} ({}); --include GLOB takes others\n", files_word(plan.left_out.size()),
                     bytes_text(bytes), names);
}

std::string refused_lines(const FetchPlan& plan) {
  std::string text;
  for (const auto& [name, why] : plan.refused) {
    text += fmt::format("  refused: '{}', {}\n", printable(name), printable(why));
  }
  return text;
}

std::string room_line(const std::vector<FetchPlan>& plans) {
  std::uint64_t wanted = 0;
  for (const FetchPlan& plan : plans) wanted += plan.to_load();
  return fmt::format("to load: {}; free: {} in {}\n", bytes_text(wanted), bytes_text(plans.front().free_bytes),
                     printable(plans.front().cache.string()));
}

}  // namespace

std::string plan_text(const std::vector<FetchPlan>& plans) {
  std::string text;
  for (const FetchPlan& plan : plans) {
    text += head_of(plan) + file_lines(plan);
    text += fmt::format("  {}, {}, of which {} here\n", files_word(plan.files.size()), bytes_text(plan.bytes()),
                        plan.here() == plan.bytes() ? "all are" : bytes_text(plan.here()) + " are");
    text += left_out_line(plan) + refused_lines(plan);
  }
  return plans.empty() ? text : text + room_line(plans);
}

std::string fetched_text(const FetchedModel& model) {
  if (!model.fetched) return "";
  const Fetched& fetched = *model.fetched;
  std::string text = fmt::format("{}: ", model.plan.repo);
  if (fetched.loaded_bytes == 0) {
    text += fmt::format("all of its {} here", files_word(model.plan.files.size()));
  } else {
    text += fmt::format("{} loaded in {}", bytes_text(fetched.loaded_bytes), duration(fetched.seconds));
    if (fetched.seconds >= 1) {
      const double rate = static_cast<double>(fetched.loaded_bytes) / fetched.seconds;
      text += fmt::format(" ({}/s)", bytes_text(static_cast<std::uint64_t>(rate)));
    }
    if (fetched.resumed_bytes > 0) text += fmt::format(" after {} that were here", bytes_text(fetched.resumed_bytes));
  }
  if (fetched.verified > 0) text += fmt::format(", hashes of {} right", files_word(fetched.verified));
  text += "\n";
  if (!fetched.moved_to.empty()) {
    text += fmt::format("  {} is {} by now: the same command fetches that\n",
                        model.plan.revision.empty() ? "the default branch" : model.plan.revision,
                        fetched.moved_to.substr(0, commit_letters));
  }
  return printable(text, true) + fmt::format("  {}\n", fetched.folder.string());
}

}  // namespace portwright::hub
