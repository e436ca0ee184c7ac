#include "diagnose/last_words.hpp"

#include <doctest/doctest.h>

namespace portwright::diagnose {

TEST_CASE("whole words alone are shared") {
  CHECK(last_words_shared("h.0.norm", "model.layers.0.norm") == 2);
  CHECK(last_words_shared("a.b", "a.b") == 2);
  CHECK(last_words_shared("b", "a.b") == 1);
  CHECK(last_words_shared("a.norm", "a.qnorm") == 0);
  CHECK(last_words_shared("10.norm", "0.norm") == 1);
  CHECK(last_words_shared("a.b", "a.c") == 0);
  CHECK(last_words_shared("", "a") == 0);
}

}  // namespace portwright::diagnose
