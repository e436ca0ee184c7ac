#include "workspace/environment_findings.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"
#include "base/testing.hpp"
#include "workspace/distributions.hpp"
#include "workspace/environment_lock.hpp"

namespace portwright::workspace {
namespace {

namespace fs = std::filesystem;
using testing::says;

// An environment as its metadata shows it, without an interpreter.
struct MadeSite {
  TemporaryFolder folder;
  fs::path root = folder.path();
  std::vector<fs::path> sites{root / "env/lib/python3.11/site-packages"};

  void add(const std::string& name, const std::string& version, const std::string& more = "",
           std::size_t site = 0) const {
    REQUIRE(write_file(sites[site] / (name + "-" + version + ".dist-info") / "METADATA",
                       "Name: " + name + "\nVersion: " + version + "\n" + more));
  }
  void add_editable(const std::string& name, const fs::path& checkout) const {
    add(name, "1.0");
    REQUIRE(write_file(sites[0] / (name + "-1.0.dist-info") / "direct_url.json",
                       R"({"url": "file://)" + checkout.string() + R"(", "dir_info": {"editable": true}})"));
  }
  [[nodiscard]] Python python() const {
    Python python;
    python.executable = root / "env/bin/python";
    python.version = "3.11.7";
    python.site = sites;
    for (const auto& [name, distribution] : find_distributions(sites)) python.packages[name] = distribution.version;
    return python;
  }
};

const Finding* finding_of(const std::vector<Finding>& findings, const std::string& id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

TEST_CASE("a sound environment has nothing to say") {
  const MadeSite site;
  site.add("torch", "2.13.0+cpu");
  site.add("transformers", "5.23.0",
           "Requires-Dist: tokenizers<0.24.0,>=0.23.1\nRequires-Dist: sagemaker; extra == 'x'\n");
  site.add("tokenizers", "0.23.3");
  site.add("jinja2", "3.1.6");
  site.add("numpy", "2.4.6");
  CHECK(environment_findings(site.python()).empty());
}

TEST_CASE("what a library needs and is missing or too old is told with who needs it") {
  const MadeSite site;
  site.add("transformers", "5.23.0", "Requires-Dist: tokenizers<0.24.0,>=0.23.1\nRequires-Dist: regex\n");
  site.add("tokenizers", "0.22.1");
  const auto findings = requirement_findings(site.python());
  REQUIRE(finding_of(findings, "needs.tokenizers") != nullptr);
  CHECK(finding_of(findings, "needs.tokenizers")->level == Level::warn);
  CHECK(says(finding_of(findings, "needs.tokenizers")->sentence, "0.22.1: transformers needs tokenizers<0.24.0"));
  REQUIRE(finding_of(findings, "needs.regex") != nullptr);
  CHECK(finding_of(findings, "needs.regex")->level == Level::missing);
  REQUIRE(finding_of(findings, "needs.jinja2") != nullptr);
  CHECK(says(finding_of(findings, "needs.jinja2")->remedy, "-m pip install jinja2"));
}

TEST_CASE("an editable checkout that is gone or empty is told") {
  const MadeSite site;
  site.add_editable("transformers", site.root / "gone");
  site.add_editable("mlx_lm", site.root / "empty");
  fs::create_directories(site.root / "empty");
  const auto findings = editable_findings(site.python());
  REQUIRE(findings.size() == 2);
  CHECK(says(finding_of(findings, "environment.editable.transformers")->sentence, "which is gone"));
  CHECK(says(finding_of(findings, "environment.editable.mlx-lm")->sentence, "where no package mlx_lm is"));
  REQUIRE(write_file(site.root / "empty/mlx_lm/__init__.py", ""));
  REQUIRE(write_file(site.root / "gone/src/transformers/__init__.py", ""));
  CHECK(editable_findings(site.python()).empty());
}

TEST_CASE("packages of two environments, and one that is there twice") {
  MadeSite site;
  site.sites.push_back(site.root / "user/lib/python3.11/site-packages");
  site.add("torch", "2.13.0");
  site.add("numpy", "2.4.6");
  site.add("transformers", "5.23.0", "", 1);
  auto findings = mixture_findings(site.python());
  REQUIRE(findings.size() == 1);
  CHECK(says(findings[0].sentence, "transformers from " + (site.root / "user").string()));
  site.add("transformers", "5.22.0");
  findings = mixture_findings(site.python());
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].id == "environment.twice.transformers");
}

TEST_CASE("CUDA libraries are told where there is no GPU") {
  const MadeSite site;
  site.add("torch", "2.13.0");
  CHECK(cuda_findings(site.python(), false).empty());
  site.add("nvidia_cublas", "13.0");
  CHECK(cuda_findings(site.python(), true).empty());
  REQUIRE(cuda_findings(site.python(), false).size() == 1);
  CHECK(says(cuda_findings(site.python(), false)[0].sentence, "1 packages"));
}

TEST_CASE("numpy of another kind or for another Python") {
  const MadeSite site;
  site.add("numpy", "2.4.6");
  site.add("torch", "2.2.1");
  REQUIRE(numpy_findings(site.python()).size() == 1);
  CHECK(says(numpy_findings(site.python())[0].sentence, "compiled against numpy 1"));
  REQUIRE(write_file(site.sites[0] / "numpy/_core/_multiarray_umath.cpython-312-x86_64-linux-gnu.so", ""));
  CHECK(says(numpy_findings(site.python())[0].sentence, "compiled for cpython-312, and this is Python 3.11.7"));
}

TEST_CASE("numpy 2 and a torch that knows it are well together") {
  const MadeSite site;
  site.add("numpy", "2.4.6");
  site.add("torch", "2.10.0");
  REQUIRE(write_file(site.sites[0] / "numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so", ""));
  CHECK(numpy_findings(site.python()).empty());
}

TEST_CASE("a lock that no longer agrees says what differs, one that agrees says so") {
  const MadeSite site;
  site.add("torch", "2.13.0");
  site.add("numpy", "2.4.6");
  const Python python = site.python();
  EnvironmentLock lock;
  lock.folder = site.root / "env";
  lock.asked = Json::object();
  lock.made = "2026-11-26T00:00:00Z";
  lock.installer = "pip";
  lock.python = python.version;
  lock.packages = python.packages;
  REQUIRE(write_lock(lock));
  REQUIRE(lock_findings(python).size() == 1);
  CHECK(lock_findings(python)[0].level == Level::ok);
  site.add("regex", "1.0");
  CHECK(says(lock_findings(site.python())[0].sentence, "regex 1.0 was added"));
  REQUIRE(mark(site.root / "env", Made::unfinished));
  CHECK(lock_findings(python)[0].level == Level::missing);
  REQUIRE(mark(site.root / "env", Made::finished));
  REQUIRE(write_file(lock_file_of(site.root / "env"), "{}"));
  CHECK(says(lock_findings(python)[0].sentence, "is no lock"));
}

}  // namespace
}  // namespace portwright::workspace
