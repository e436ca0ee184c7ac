// Do both sides see the same token ids, for plain text and through the chat template?
// Wrong special tokens, a lost chat template or a tokenizer taken from another model read as a worse model, not as a
// bug.
#include "base/files.hpp"
#include "battery/check.hpp"
#include "battery/words.hpp"

namespace portwright::battery {
namespace {

using probe::Side;

Json template_request(const Subject& subject, const std::string& text) {
  return Json{{"do", "render_template"},
              {"folder", subject.checkpoint.folder.string()},
              {"messages", Json::array({Json{{"role", "user"}, {"content", text}}})},
              {"add_generation_prompt", true}};
}

// Where two lists first differ, in words; empty where they are equal.
std::string first_difference(const Json& reference, const Json& port) {
  if (reference == port) return "";
  if (!reference.is_array() || !port.is_array()) return "one side has none";
  const std::size_t shorter = std::min(reference.size(), port.size());
  for (std::size_t i = 0; i < shorter; ++i) {
    if (reference[i] != port[i]) {
      return "position " + std::to_string(i) + ": " + port[i].dump() + " where the reference has " +
             reference[i].dump();
    }
  }
  return counted(port.size(), "id") + " where the reference has " + grouped(reference.size());
}

}  // namespace

void check_tokens(Context& context, results::CheckRecord& record) {
  const Subject& subject = context.subject;
  if (!subject.checkpoint.has_tokenizer) {
    record.verdict = results::Verdict::not_compared;
    record.summary = "this checkpoint has no tokenizer";
    return;
  }
  const auto texts = read_json(subject.prompts / "tokens.json");
  if (!texts) return conclude_unanswered(record, probe::AskError{texts.error(), "internal", {}});
  const Json request{
      {"do", "tokenize"}, {"folder", subject.checkpoint.folder.string()}, {"texts", *texts}, {"special", true}};

  Pending reference_pending = context.session.begin_reference(Form::none, request);
  const MeasuredOr port = context.session.ask(Side::port, Form::none, request);
  const MeasuredOr reference = context.session.finish(std::move(reference_pending));
  if (!reference) return conclude_unanswered(record, reference.error());
  if (!port) return conclude_unanswered(record, port.error());

  std::size_t ids = 0;
  std::size_t different = 0;
  std::string difference;
  for (std::size_t i = 0; i < texts->size(); ++i) {
    const Json& expected = reference->ok.at("ids").at(i);
    ids += expected.size();
    const std::string here = first_difference(expected, port->ok.at("ids").at(i));
    different += here.empty() ? 0U : 1U;
    if (difference.empty() && !here.empty()) difference = "text " + std::to_string(i) + ", " + here;
  }
  if (subject.checkpoint.has_chat_template && difference.empty()) {
    const Json rendered = template_request(subject, texts->front());
    const MeasuredOr expected = context.session.ask_reference(Form::none, rendered);
    if (!expected) return conclude_unanswered(record, expected.error());
    const MeasuredOr got = context.session.ask(Side::port, Form::none, rendered);
    if (!got) return conclude_unanswered(record, got.error());
    ids += expected->ok.at("ids").is_array() ? expected->ok["ids"].size() : 0;
    const std::string here = first_difference(expected->ok.at("ids"), got->ok.at("ids"));
    if (!here.empty()) difference = "chat template, " + here;
  }
  record.measured = {{"texts", texts->size()},
                     {"ids", ids},
                     {"chat_template", subject.checkpoint.has_chat_template},
                     {"different_texts", different},
                     {"first_difference", difference.empty() ? Json() : Json(difference)},
                     {"reference_class", reference->ok.value("class", "")},
                     {"port_class", port->ok.value("class", "")}};
  record.threshold = {{"different_ids", 0}};
  record.verdict = difference.empty() ? results::Verdict::pass : results::Verdict::fail;
  record.summary = difference.empty()
                       ? grouped(ids) + " of " + counted(ids, "id") + " equal, in " + counted(texts->size(), "text") +
                             (subject.checkpoint.has_chat_template ? " and the chat template" : "")
                       : difference;
}

}  // namespace portwright::battery
