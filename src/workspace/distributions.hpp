// The distributions installed in folders of Python, read from their metadata: nothing of them is imported.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portwright::workspace {

struct Distribution {
  std::string version;
  std::filesystem::path editable;  // the checkout it was installed from with `pip install -e`; empty otherwise
  std::filesystem::path metadata;  // the folder or file that says so
  std::vector<std::string> needs;  // its requirements, as its metadata words them
};

struct NamedDistribution {
  std::string name;  // normalised
  Distribution distribution;
};

// Every one in the order of the folders, those that another one hides included.
[[nodiscard]] std::vector<NamedDistribution> list_distributions(const std::vector<std::filesystem::path>& folders);

// By normalised name. As in Python, an earlier folder wins over a later one.
[[nodiscard]] std::map<std::string, Distribution> find_distributions(const std::vector<std::filesystem::path>& folders);

// "MLX_LM" is "mlx-lm" to every index and installer: lower case, runs of "-", "_" and "." as one "-".
[[nodiscard]] std::string normalised_name(std::string_view name);

// The folder that importing `package` would take; empty where there is none.
[[nodiscard]] std::filesystem::path find_package(const std::string& package,
                                                 const std::vector<std::filesystem::path>& folders,
                                                 const std::map<std::string, Distribution>& distributions);

}  // namespace portwright::workspace
