#include "battery/generations.hpp"

namespace portwright::battery {

using probe::AskError;
using probe::Side;

std::string text_of(Session& session, const Subject& subject, const std::vector<int>& ids) {
  if (!subject.checkpoint.has_tokenizer) return {};
  const MeasuredOr answer = session.ask_reference(
      Form::none, Json{{"do", "detokenize"}, {"folder", subject.checkpoint.folder.string()}, {"ids", ids}});
  return answer ? answer->ok.value("text", "") : std::string();
}

Json Generations::request(int tokens) const {
  return Json{{"do", "decode"}, {"ids", prompt_}, {"tokens", tokens}, {"force", nullptr}, {"stop", Json::array()}};
}

Asked<Generation> Generations::taken(MeasuredOr answer) {
  if (!answer) return tl::unexpected<AskError>(std::move(answer.error()));
  Generation generation;
  generation.ids = answer->ok.at("ids").get<std::vector<int>>();
  for (const Json& pair : answer->ok.at("steps").at("top_logits")) {
    const bool numbers = pair.size() >= 2 && pair[0].is_number() && pair[1].is_number();
    generation.margins.push_back(numbers ? pair[0].get<double>() - pair[1].get<double>() : 0);
  }
  generation.seconds_per_token = answer->ok.value("seconds_per_token", 0.0);
  generation.text = text_of(session_, subject_, generation.ids);
  return generation;
}

// One side after the other, each with the cores to itself: decoding waits for memory, which two sides share badly.
Asked<const Generation*> Generations::reference() {
  if (!reference_) {
    reference_ = taken(session_.ask_reference(Form::native, request(lengths(subject_.effort).generated)));
  }
  if (!*reference_) return tl::unexpected<AskError>(reference_->error());
  return &**reference_;
}

Asked<const Generation*> Generations::port() {
  if (!port_) port_ = taken(session_.ask(Side::port, Form::native, request(lengths(subject_.effort).generated)));
  if (!*port_) return tl::unexpected<AskError>(port_->error());
  return &**port_;
}

}  // namespace portwright::battery
