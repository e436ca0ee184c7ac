// MODEL on the command line: a folder, org/name[@revision], builtin:NAME or synthetic:TYPE[#variant].
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace portwright::checkpoint {

enum class Source { folder, hub, builtin, synthetic };

struct ModelName {
  Source source = Source::folder;
  std::string text;      // as typed
  std::string name;      // absolute folder path, org/name, "smollm2", model type
  std::string variant;   // synthetic's part after '#'
  std::string revision;  // hub's part after '@'

  // Safe as a folder's name: "builtin--smollm2", "org--name", "synthetic--llama--tied", a folder's last part. The same
  // wherever a folder lies, so that runs of two machines can be compared; two folders of equal last parts share it.
  [[nodiscard]] std::string id() const;
};

// A path that exists wins over a Hub name. Unknown builtins and malformed names are errors that say what is possible.
[[nodiscard]] Result<ModelName> parse_model_name(std::string_view text);

}  // namespace portwright::checkpoint
