#include "battery/generations.hpp"

namespace portwright::battery {

using probe::AskError;
using probe::Side;

namespace {

bool is_small(const checkpoint::Checkpoint& checkpoint) {
  constexpr std::uint64_t most_cached = 32 << 20;
  std::uint64_t bytes = 0;
  for (const checkpoint::TensorInfo& tensor : checkpoint.tensors) bytes += tensor.end - tensor.begin;
  return bytes <= most_cached;
}

}  // namespace

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

// Decoding a large model waits for memory, which two sides share badly: one after the other, each with the cores to
// itself. A small one stays in the processor's caches and waits for the interpreter: two threads for each of its
// products took the reference twice as long as one.
void Generations::make() {
  const Json asked = request(lengths(subject_.effort).generated);
  if (!is_small(subject_.checkpoint)) {
    reference_ = taken(session_.ask_reference(Form::native, asked));
    return;
  }
  Json of_reference = asked;
  of_reference["threads"] = 1;
  Pending pending = session_.begin_reference(Form::native, of_reference);
  MeasuredOr port = session_.ask(Side::port, Form::native, asked);
  meanwhile_();  // the port is through first
  reference_ = taken(session_.finish(std::move(pending)));
  port_ = taken(std::move(port));
}

Asked<const Generation*> Generations::reference() {
  if (!reference_) make();
  if (!*reference_) return tl::unexpected<AskError>(reference_->error());
  return &**reference_;
}

Asked<const Generation*> Generations::port() {
  if (!port_) port_ = taken(session_.ask(Side::port, Form::native, request(lengths(subject_.effort).generated)));
  if (!*port_) return tl::unexpected<AskError>(port_->error());
  return &**port_;
}

}  // namespace portwright::battery
