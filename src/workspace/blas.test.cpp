#include "workspace/blas.hpp"

#include <doctest/doctest.h>

#include "base/process.hpp"

namespace portwright::workspace {
namespace {

TEST_CASE("a library that is found can be preloaded and holds CBLAS; one that is not comes with a remedy") {
  const Blas blas = find_blas({});
#ifdef __APPLE__
  CHECK(blas.library.empty());
  CHECK(blas.remedy.empty());
#else
  if (blas.library.empty()) {
    CHECK_FALSE(blas.remedy.empty());
    return;
  }
  CHECK(blas.description.starts_with("OpenBLAS "));
  CHECK(blas.description.find(blas.library.string()) != std::string::npos);
  const auto symbol =
      run_command({"python3", "-c", "import ctypes; ctypes.CDLL(None).cblas_sgemm; ctypes.CDLL(None).sgesdd_"},
                  std::chrono::seconds(30), {{"LD_PRELOAD", blas.library.string()}, {"OPENBLAS_NUM_THREADS", "1"}});
  REQUIRE(symbol);
  CHECK_MESSAGE(symbol->status == 0, symbol->errors);
#endif
}

}  // namespace
}  // namespace portwright::workspace
