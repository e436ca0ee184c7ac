#include "workspace/distributions.hpp"

#include <doctest/doctest.h>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;

struct Site {
  TemporaryFolder folder;
  fs::path path = folder.path();

  void put(const std::string& file, const std::string& text) const { REQUIRE(write_file(path / file, text)); }
};

TEST_CASE("names are normalised as indexes do") {
  CHECK(normalised_name("MLX_LM") == "mlx-lm");
  CHECK(normalised_name("a.-_b") == "a-b");
  CHECK(normalised_name("") == "");
}

TEST_CASE("metadata is read up to its empty line") {
  const Site site;
  site.put("mlx_lm-0.32.2.dist-info/METADATA",
           "Metadata-Version: 2.4\r\nName: mlx_lm\r\nVersion: 0.32.2\r\n\r\nName: other\n");
  site.put("old.egg-info/PKG-INFO", "Name: Old\nVersion: 1\n");
  site.put("older.egg-info", "Name: older\nVersion: 2\n");
  site.put("half-1.dist-info/METADATA", "Name: half\n");
  fs::create_directories(site.path / "empty-1.dist-info");
  site.put("mlx_lm/__init__.py", "");
  const auto found = find_distributions({site.path, site.path / "missing"});
  CHECK(found.size() == 3);
  CHECK(found.at("mlx-lm").version == "0.32.2");
  CHECK(found.at("mlx-lm").editable.empty());
  CHECK(found.at("old").version == "1");
  CHECK(found.at("older").version == "2");
  CHECK(find_package("mlx_lm", {site.path}, found) == site.path / "mlx_lm");
  CHECK(find_package("old", {site.path}, found).empty());
}

TEST_CASE("an earlier folder wins") {
  const Site one;
  const Site two;
  one.put("x-1.dist-info/METADATA", "Name: x\nVersion: 1\n");
  two.put("x-2.dist-info/METADATA", "Name: x\nVersion: 2\n");
  CHECK(find_distributions({one.path, two.path}).at("x").version == "1");
  CHECK(find_distributions({two.path, one.path}).at("x").version == "2");
}

TEST_CASE("an editable install leads to its checkout, with or without src") {
  const Site site;
  const Site work;
  const auto installed = [&](const std::string& direct) {
    site.put("mlx_lm-1.dist-info/METADATA", "Name: mlx-lm\nVersion: 1\n");
    site.put("mlx_lm-1.dist-info/direct_url.json", direct);
    return find_distributions({site.path});
  };
  const std::string url = "file://" + (work.path / "my%20checkout").string();
  const fs::path checkout = work.path / "my checkout";
  work.put("my checkout/src/mlx_lm/__init__.py", "");
  auto found = installed(R"({"url": ")" + url + R"(", "dir_info": {"editable": true}})");
  CHECK(found.at("mlx-lm").editable == checkout);
  CHECK(find_package("mlx_lm", {site.path}, found) == checkout / "src" / "mlx_lm");
  work.put("my checkout/mlx_lm/__init__.py", "");
  CHECK(find_package("mlx_lm", {site.path}, found) == checkout / "mlx_lm");

  for (const std::string& direct : {R"({"url": ")" + url + R"(", "dir_info": {}})", std::string("{"), std::string("3"),
                                    std::string(R"({"url": 3, "dir_info": {"editable": true}})"),
                                    std::string(R"({"url": "https://x", "dir_info": {"editable": true}})")}) {
    CAPTURE(direct);
    CHECK(installed(direct).at("mlx-lm").editable.empty());
  }
}

}  // namespace
}  // namespace portwright::workspace
