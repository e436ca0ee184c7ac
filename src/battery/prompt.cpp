#include "battery/prompt.hpp"

#include <random>

#include "base/files.hpp"

namespace portwright::battery {
namespace {

using probe::AskError;

constexpr std::size_t seeded_tokens = 192;

tl::unexpected<AskError> unusable(Error error) {
  return tl::unexpected<AskError>(AskError{std::move(error), "bad_request", {}});
}

// Without a tokenizer no id means anything; the lowest few are usually special and left out.
std::vector<int> seeded_ids(const Subject& subject) {
  const int vocabulary = subject.checkpoint.config.value("vocab_size", 0);
  constexpr int first = 3;
  std::mt19937_64 random(subject.seed + 1);  // its sequence is fixed by the standard, its distributions are not
  std::vector<int> ids(seeded_tokens);
  for (int& id : ids)
    id = first + static_cast<int>(random() % static_cast<std::uint64_t>(std::max(1, vocabulary - first)));
  return ids;
}

Asked<std::vector<int>> ids_of(const MeasuredOr& answer, const Json& ids) {
  if (!answer) return tl::unexpected<AskError>(answer.error());
  return ids.get<std::vector<int>>();
}

}  // namespace

Asked<std::vector<int>> prompt_ids(Session& session, const Subject& subject) {
  const checkpoint::Checkpoint& checkpoint = subject.checkpoint;
  if (!checkpoint.has_tokenizer) {
    if (subject.prompt_text) {
      return unusable(
          Error{Fault::input, "this checkpoint has no tokenizer for the given prompt", "leave out --prompt", {}});
    }
    return seeded_ids(subject);
  }
  const char* own = checkpoint.has_chat_template ? "instruct.txt" : "base.txt";
  Result<std::string> text = subject.prompt_text ? *subject.prompt_text : read_file(subject.prompts / own);
  if (!text) return unusable(text.error());

  const std::string folder = checkpoint.folder.string();
  if (checkpoint.has_chat_template) {
    const MeasuredOr rendered =
        session.ask_reference(Form::none, Json{{"do", "render_template"},
                                               {"folder", folder},
                                               {"messages", Json::array({Json{{"role", "user"}, {"content", *text}}})},
                                               {"add_generation_prompt", true}});
    return ids_of(rendered, rendered ? rendered->ok.at("ids") : Json());
  }
  const MeasuredOr tokenized = session.ask_reference(
      Form::none, Json{{"do", "tokenize"}, {"folder", folder}, {"texts", {*text}}, {"special", true}});
  return ids_of(tokenized, tokenized ? tokenized->ok.at("ids").at(0) : Json());
}

}  // namespace portwright::battery
