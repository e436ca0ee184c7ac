// In which order a decoder layer calls its norms and its parts, and where it adds to the residual stream.
#pragma once

#include <string>

#include "closest/module_tree.hpp"

namespace portwright::closest {

struct LayerOrder {
  bool norm_before_mixer = false;  // of attention, or of what stands for it
  bool norm_after_mixer = false;   // before its output is added
  bool norm_before_feed_forward = false;
  bool norm_after_feed_forward = false;
  bool parallel = false;         // attention and feed-forward on one input, added together
  bool parallel_mixers = false;  // attention and a recurrent part on one input
  bool told = false;             // the text shows an order
  std::string events;            // "N A + N F +", for tests and for whoever wonders
  const source::SourceFile* file = nullptr;
  int line = 0;  // of the layer's forward
};

[[nodiscard]] LayerOrder layer_order(source::SourceFiles& files, const ModuleTree& tree);

}  // namespace portwright::closest
