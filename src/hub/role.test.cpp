#include "hub/role.hpp"

#include <doctest/doctest.h>

#include "hub/testing.hpp"

namespace portwright::hub {
namespace {

using testing::looked_at;
using testing::open_model;

Examined with_template(const std::string& repo, const std::string& text, const std::string& base = {}) {
  Examined model = looked_at(open_model(repo, base, base.empty() ? "" : "finetune"));
  model.chat_template = text;
  return model;
}

TEST_CASE("the files speak before the name") {
  CHECK(role_of(with_template("q/m", "{% if enable_thinking %}")).name == "thinking");
  CHECK(role_of(with_template("q/m-instruct", "<think>")).name == "thinking");
  CHECK(role_of(with_template("q/m", "{{ messages }}")).name == "instruct");
  CHECK(role_of(with_template("q/m", "{{ messages }}", "q/b")).why.find("made from q/b") != std::string::npos);
  CHECK(role_of(with_template("q/m", "")).name == "base");
  CHECK(role_of(with_template("q/m", "")).ground == Ground::files);
}

TEST_CASE("a base model may carry its instruct model's template: then its name alone says so") {
  const Role role = role_of(with_template("q/m-Base", "{% if enable_thinking %}"));
  CHECK(role.name == "base");
  CHECK(role.ground == Ground::name);
  CHECK(role_of(with_template("q/m-Base", "")).ground == Ground::files);
}

TEST_CASE("a word in a name is a whole word") {
  CHECK(role_of(with_template("q/baseline", "{{ messages }}")).name == "instruct");
  CHECK(role_of(with_template("q/gemma-3-1b-pt", "{{ messages }}")).name == "base");
}

TEST_CASE("of a closed repository the Hub's tags are all there is") {
  Examined closed = looked_at(open_model("q/m"));
  closed.texts_read = false;
  CHECK(role_of(closed).name == "base");
  CHECK(role_of(closed).ground == Ground::inferred);
  closed.facts.tags.emplace_back("conversational");
  CHECK(role_of(closed).name == "instruct");
  CHECK(role_of(closed).ground == Ground::declared);
}

}  // namespace
}  // namespace portwright::hub
