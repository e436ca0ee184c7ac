#include "report/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace portwright::report {

using results::Cause;
using results::CheckRecord;
using results::Verdict;

std::string_view shown(Verdict verdict) {
  return verdict == Verdict::not_compared ? "not compared" : results::name(verdict);
}

std::string backend_words(std::string_view backend) {
  if (backend == "cpu") return "CPU";
  if (backend == "metal") return "Metal";
  if (backend == "cuda") return "CUDA";
  return std::string(backend);
}

std::string number(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "NaN" : value > 0 ? "infinite" : "-infinite";
  constexpr double plain_from = 1e-2;
  constexpr double plain_below = 1e4;
  const double size = std::abs(value);
  if (size == 0 || (size >= plain_from && size < plain_below)) return fmt::format("{:.4g}", value);
  const std::string text = fmt::format("{:.2e}", value);
  // 3.10e-02 is how C writes it and nobody else does.
  const std::size_t e = text.find('e');
  std::string digits = text.substr(0, e);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return digits + "e" + std::to_string(std::stoi(text.substr(e + 1)));
}

std::string counts(const std::vector<CheckRecord>& checks) {
  struct Row {
    Verdict verdict;
    std::string_view word;
    bool always;
  };
  std::string text;
  for (const Row& row :
       {Row{Verdict::pass, "pass", false}, Row{Verdict::fail, "fail", false}, Row{Verdict::error, "error", false},
        Row{Verdict::inconclusive, "undecided", false}, Row{Verdict::not_compared, "not compared", true}}) {
    const auto is_one = [&](const CheckRecord& check) { return check.verdict == row.verdict; };
    const auto count = std::ranges::count_if(checks, is_one);
    if (count == 0 && !row.always) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", count, row.word);
    const auto informing =
        std::ranges::count_if(checks, [&](const CheckRecord& check) { return is_one(check) && !check.gates; });
    const bool could_gate = row.verdict != Verdict::pass && row.verdict != Verdict::not_compared;
    if (could_gate && informing > 0) {
      text += informing == count ? std::string(" (not gating)") : fmt::format(" ({} not gating)", informing);
    }
  }
  return text;
}

std::string layers_words(const CheckRecord& check) {
  if (!check.culprit || check.culprit->layers.empty()) return {};
  const std::vector<int>& layers = check.culprit->layers;
  if (layers.size() == 1) return fmt::format("layer {}", layers.front());
  const auto in_all = check.measured.find("layers");
  if (in_all != check.measured.end() && in_all->is_number_integer() && in_all->get<std::size_t>() == layers.size()) {
    return fmt::format("all {} layers alike", layers.size());
  }
  std::string text;
  for (std::size_t first = 0; first < layers.size();) {
    std::size_t last = first;
    while (last + 1 < layers.size() && layers[last + 1] == layers[last] + 1) ++last;
    text += text.empty() ? "layers " : ", ";
    // Two neighbours read better as two numbers than as a range.
    if (last == first + 1) last = first;
    text += last == first ? fmt::format("{}", layers[first]) : fmt::format("{}-{}", layers[first], layers[last]);
    first = last + 1;
  }
  return text;
}

std::string culprit_words(const CheckRecord& check) {
  if (!check.culprit) return {};
  std::string text = check.culprit->module == "(root)" ? "the model's own code" : check.culprit->module;
  if (check.culprit->function) text += ", function " + *check.culprit->function;
  if (const std::string layers = layers_words(check); !layers.empty()) text += ", " + layers;
  return text;
}

std::string proof_words(const Cause& cause) {
  // Rounded down, so that what is left of an error never reads as nothing.
  const double share = std::clamp(cause.error_removed, 0.0, 1.0);
  const double percent = std::floor(share * 1e4) / 100;
  std::string text = cause.proved ? fmt::format("proved: correcting it removes {} % of the error", percent)
                                  : fmt::format("likely: correcting it would remove {} % of the error", percent);
  if (!cause.when.empty() && cause.when != "always") text += "; " + cause.when;
  return text;
}

const Cause* cause_of_culprit(const CheckRecord& check) {
  const auto own = std::ranges::find_if(check.causes, [](const Cause& cause) { return !cause.module; });
  return own == check.causes.end() ? nullptr : &*own;
}

std::string accepted_words(const CheckRecord& check) {
  if (!check.accepted.is_object()) return {};
  std::string text = "accepted by " + text_at(check.accepted, "by");
  if (const std::string until = text_at(check.accepted, "expires"); !until.empty()) text += " until " + until;
  return text + ": " + text_at(check.accepted, "reason");
}

std::string repro_of(const CheckRecord& check) {
  const auto found = std::ranges::find_if(
      check.evidence, [](const std::string& path) { return path == "repro.py" || path.ends_with("/repro.py"); });
  return found == check.evidence.end() ? std::string() : *found;
}

std::vector<std::string> last_lines_of(const CheckRecord& check, std::size_t most) {
  const std::string text = text_at(check.measured, "last_lines");
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string line = text.substr(start, end - start);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
    start = end + 1;
  }
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  return lines;
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string shell_word(std::string_view word) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@+,%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (const char byte : word) quoted += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return quoted + "'";
}

}  // namespace portwright::report
