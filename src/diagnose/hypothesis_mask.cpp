// Another mask: which positions a position sees.
#include <algorithm>
#include <cmath>

#include "diagnose/hypothesis.hpp"

namespace portwright::diagnose {
namespace {

// A mask in words: whether all later positions are seen, or some, and how many of the earlier ones with itself; 0 for
// all.
struct Reach {
  bool causal = true;
  std::size_t ahead = 0;  // of a causal mask: the nearest later positions that are seen
  std::size_t window = 0;
  bool in_chunks = false;  // no position before the chunk of `window` that itself lies in
};

// Read off the rows that form.
Reach reach_of(const Matrix& mask, bool all_rows) {
  Reach reach;
  std::size_t most = 0;
  bool cut = false;
  const std::size_t shift = mask.columns > mask.rows ? mask.columns - mask.rows : 0;
  for (std::size_t row = 0; row < mask.rows; ++row) {
    if (!all_rows && !forms(row)) continue;
    const std::size_t itself = row + shift;
    std::size_t seen = 0;
    for (std::size_t key = 0; key < mask.columns; ++key) {
      if (mask.row(row)[key] == 0) continue;
      if (key > itself) reach.ahead = std::max(reach.ahead, key - itself);
      seen += key <= itself ? 1U : 0U;
    }
    most = std::max(most, seen);
    cut = cut || seen < itself + 1;
  }
  reach.window = cut ? most : 0;
  // The first position sees the last one only where nothing bounds what lies ahead.
  if (reach.ahead + 2 >= mask.rows) {
    reach.causal = reach.ahead == 0;
    reach.ahead = 0;
  }
  return reach;
}

Matrix mask_of(const Reach& reach, const Matrix& like) {
  Matrix mask = like;
  const std::size_t shift = like.columns > like.rows ? like.columns - like.rows : 0;
  for (std::size_t row = 0; row < like.rows; ++row) {
    for (std::size_t key = 0; key < like.columns; ++key) {
      const std::size_t itself = row + shift;
      const bool late = key > itself + reach.ahead;
      const bool early = reach.window != 0 &&
                         (reach.in_chunks ? key / reach.window < itself / reach.window : key + reach.window <= itself);
      mask.row(row)[key] = (late && reach.causal) || early ? 0 : 1;
    }
  }
  return mask;
}

// A chunk's last position sees as far as a window would, and may lie in a row that does not form; its first sees itself
// alone.
Reach as_it_cuts(const Reach& window, const Matrix& mask) {
  if (window.window == 0) return window;
  Reach best = window;
  for (const std::size_t size : {window.window, window.window + 1}) {
    Reach chunks = window;
    chunks.window = size;
    chunks.in_chunks = true;
    if (relative_l2(mask, mask_of(chunks, mask), true) < relative_l2(mask, mask_of(best, mask), true)) best = chunks;
  }
  return best;
}

// A mask of ones and zeros, added to the scores: what it should let through counts e times what it should not.
std::optional<Prediction> added_as_numbers(const Scene& scene) {
  Prediction made{scene.want, "", {}, "always"};
  for (double& weight : made.predicted.values) weight = std::exp(weight);
  constexpr double same = 1e-5;
  if (!(relative_l2(scene.got, made.predicted, true) < same)) return std::nullopt;
  made.sentence = "the mask's ones and zeros are added to the scores, so that a position also sees later ones";
  return made;
}

std::string in_words(const Reach& reach) {
  if (reach.ahead == 1) return "the position after itself, too";
  if (reach.ahead > 1) return "the " + std::to_string(reach.ahead) + " positions after itself, too";
  if (!reach.causal) return "positions after itself";
  if (reach.window == 0) return "all positions up to itself";
  if (reach.in_chunks) return "its chunk of " + std::to_string(reach.window) + " positions";
  return "the last " + std::to_string(reach.window) + " positions";
}

std::optional<std::string> window_field(const Json& config, std::size_t window) {
  for (const auto& [key, value] : config.items()) {
    const bool names_it = key.find("window") != std::string::npos || key.find("chunk") != std::string::npos;
    if (names_it && value.is_number_integer() && value.get<std::size_t>() == window) return key;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Prediction> predict_mask(const Scene& scene) {
  if (!is_mask(scene.call())) return std::nullopt;
  if (auto numbers = added_as_numbers(scene)) return numbers;
  const Reach port = as_it_cuts(reach_of(scene.got, false), scene.got);
  const Reach reference = as_it_cuts(reach_of(scene.want, true), scene.want);
  Prediction made{mask_of(port, scene.got), "", window_field(scene.config, reference.window), "always"};
  made.sentence = "a position sees " + in_words(port) + " where in the reference it sees " + in_words(reference);
  if (made.field) made.sentence += ", as config " + *made.field + " says";
  return made;
}

}  // namespace portwright::diagnose
