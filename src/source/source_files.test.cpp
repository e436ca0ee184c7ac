#include "source/source_files.hpp"

#include <doctest/doctest.h>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"

using portwright::TemporaryFolder;
using portwright::source::most_source_bytes;
using portwright::source::SourceFile;
using portwright::source::SourceFiles;
using portwright::testing::says;

namespace {

std::string refusal(const std::filesystem::path& file) {
  SourceFiles files("");
  const auto read = files.read(file);
  return read ? "read" : read.error().sentence;
}

}  // namespace

TEST_CASE("imports from above the folder are followed within the package only") {
  const TemporaryFolder folder;
  folder.write("package/rope.py", "def f(config):\n    pass\n\nTABLE = {'f': f}\n");
  folder.write("package/models/llama/modeling_llama.py", "class A:\n    pass\n");
  folder.write("outside.py", "class Out:\n    pass\n");
  folder.write("package/models/gemma/modeling_gemma.py",
               "from ...rope import TABLE as T, f\nfrom ..llama.modeling_llama import A\n"
               "from ....outside import Out\nfrom ...missing import M\n");
  SourceFiles files("", folder.path() / "package");
  const SourceFile* file = files.open(folder.path() / "package/models/gemma/modeling_gemma.py");
  REQUIRE(file != nullptr);
  CHECK(files.definition(*file, "A").name() == "A");
  CHECK(files.definition(*file, "f").name() == "f");
  CHECK(files.variable(*file, "T").node.is("dictionary"));
  CHECK_FALSE(files.definition(*file, "Out"));
  CHECK_FALSE(files.definition(*file, "M"));
  SourceFiles alone("");
  const SourceFile* port = alone.open(folder.path() / "package/models/gemma/modeling_gemma.py");
  REQUIRE(port != nullptr);
  CHECK_FALSE(alone.definition(*port, "A"));
}

TEST_CASE("a file that cannot be read says why") {
  const TemporaryFolder folder;
  CHECK(says(refusal(folder.path() / "none.py"), "does not exist"));
  CHECK(says(refusal(folder.path()), "is not a file"));
  CHECK(says(refusal(folder.write("large.py", std::string(most_source_bytes + 1, '\n'))), "4.2 MB large"));
  CHECK(says(refusal(folder.write("bytes.py", "x = 1\ny = '\xff'\n")), "bytes.py:2 is not UTF-8"));
  CHECK(says(refusal(folder.write("wrong.py", "x = 1\ndef f(:\n")), "wrong.py:2:7: not valid Python"));
  CHECK(refusal(folder.write("right.py", "# ä\nx = 1\n")) == "read");
}

TEST_CASE("definitions below a decorator, an if and a try are found") {
  const TemporaryFolder folder;
  const auto path = folder.write("a.py",
                                 "@d(1)\nclass A:\n    pass\nif x:\n    B = 1\n    def f(): pass\ntry:\n    C = 2\n"
                                 "except E:\n    C = 3\n");
  SourceFiles files("");
  const SourceFile* file = files.open(path);
  REQUIRE(file != nullptr);
  CHECK(files.definition(*file, "A").is_class());
  CHECK(files.definition(*file, "f"));
  CHECK(files.variable(*file, "B").node.text() == "1");
  CHECK(files.variable(*file, "C").node.text() == "3");
}
