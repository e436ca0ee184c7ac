// Are all weights of the checkpoint used, and is no parameter left random?
// mlx-lm's sharded loading takes a checkpoint with a missing weight and leaves it random, silently; a `sanitize` that
// throws a tensor away, or a head made although the embedding is tied, reads fine in review.
#include <algorithm>
#include <set>

#include "battery/check.hpp"
#include "battery/words.hpp"
#include "diagnose/calls.hpp"
#include "diagnose/reach.hpp"
#include "diagnose/tree_names.hpp"

namespace portwright::battery {
namespace {

using Names = std::vector<std::string>;

Names names_in(const Json& weights, const char* key) { return weights.value(key, Names{}); }

// What the reference's own loading used none of, it is right to throw away.
Names used_by_reference(const Names& dropped, const Json& reference) {
  const Names unused = names_in(reference, "unexpected");
  const Names dropped_too = names_in(reference, "dropped");
  std::set<std::string> ignored(unused.begin(), unused.end());
  ignored.insert(dropped_too.begin(), dropped_too.end());
  Names lost;
  std::copy_if(dropped.begin(), dropped.end(), std::back_inserter(lost),
               [&](const std::string& name) { return !ignored.contains(name); });
  return lost;
}

Names listed_in(const Json& answer, const char* key) {
  Names paths;
  for (const Json& entry : answer.value(key, Json::array())) paths.push_back(entry.value("path", ""));
  return paths;
}

// A port of a model's text part throws the rest away. What the rest is, the reference's own forward of a text tells.
Names past_the_text(Context& context, const Names& lost, const Json& reference) {
  const auto truth = context.parity.truth();
  if (!truth) return {};
  const Names parts = diagnose::parts_not_reached(listed_in(reference, "modules"), (*truth)->trace().calls);
  return diagnose::stored_in(parts, lost, listed_in(reference, "parameters"));
}

std::string above(const std::string& path) { return path.substr(0, std::min(path.size(), path.rfind('.'))); }

// The outermost module around the parameter all of whose parameters are among these: a whole block of another kind.
std::string whole_module(const std::string& parameter, const Names& among, const Names& all) {
  const auto covered = [&](const std::string& module) {
    const std::string below = module + ".";
    return std::ranges::all_of(all, [&](const std::string& other) {
      return !other.starts_with(below) || std::ranges::binary_search(among, other);
    });
  };
  std::string module = above(parameter);
  while (module.find('.') != std::string::npos && covered(above(module))) module = above(module);
  return module;
}

// A side's own parameters or tensors, and how it names what lies around them.
struct Named {
  Names parameters;  // sorted
  Names all;         // every parameter of the side
  Names modules;     // of the side
  Names reference;   // the reference's modules that own parameters
};

// In the reference's words.
results::Culprit culprit_of(const Named& named) {
  const auto blamed = [&](const std::string& parameter) {
    return diagnose::starred(diagnose::name_in_reference(whole_module(parameter, named.parameters, named.all),
                                                         named.modules, named.reference));
  };
  results::Culprit culprit;
  culprit.module = blamed(named.parameters.front()).path;
  std::set<int> layers;
  for (const std::string& parameter : named.parameters) {
    const diagnose::Starred star = blamed(parameter);
    if (star.path == culprit.module && star.layer) layers.insert(*star.layer);
  }
  culprit.layers.assign(layers.begin(), layers.end());
  return culprit;
}

// Of parameters or tensors, the modules that own them.
Names modules_of(const Names& parameters) {
  Names modules;
  for (const std::string& parameter : parameters) modules.push_back(above(parameter));
  return modules;
}

Names sorted(Names names) {
  std::ranges::sort(names);
  return names;
}

Names joined(Names names, const Names& others) {
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

Names stored_names(const checkpoint::Checkpoint& checkpoint) {
  Names names;
  for (const checkpoint::TensorInfo& tensor : checkpoint.tensors) names.push_back(tensor.name);
  return names;
}

}  // namespace

void check_load(Context& context, results::CheckRecord& record) {
  const std::string remembered = "what the reference loads";
  std::optional<Json> reference = context.session.recall(remembered);
  if (!reference) {
    context.session.load_ahead({{probe::Side::reference, Form::float64}, {probe::Side::port, Form::float32}});
    MeasuredOr answer = context.session.load(probe::Side::reference, Form::float64);
    if (!answer) return conclude_unanswered(record, answer.error());
    reference = answer->ok;
    context.session.remember(remembered, *reference);
  }
  const MeasuredOr port = context.session.load(probe::Side::port, Form::float32);
  if (!port) return conclude_unanswered(record, port.error());

  const Json weights = port->ok.value("weights", Json::object());
  const Json reference_weights = reference->value("weights", Json::object());
  const Names missing = names_in(weights, "missing");
  const Names unexpected = names_in(weights, "unexpected");
  Names lost = used_by_reference(names_in(weights, "dropped"), reference_weights);
  const Names past = lost.empty() ? Names{} : past_the_text(context, lost, *reference);
  std::erase_if(lost, [&](const std::string& name) { return std::ranges::find(past, name) != past.end(); });
  const std::size_t in_files = weights.value("in_files", std::size_t{0});
  const std::size_t dropped = names_in(weights, "dropped").size();

  record.measured = {{"tensors_in_files", in_files},
                     {"missing", missing},
                     {"unexpected", unexpected},
                     {"dropped", names_in(weights, "dropped")},
                     {"dropped_but_used_by_the_reference", lost},
                     {"dropped_of_parts_no_text_reaches", past.size()},
                     {"missing_in_the_reference", names_in(reference_weights, "missing")},
                     {"strict_error", port->ok.value("strict_error", Json())},
                     {"class", port->ok.value("class", "")},
                     {"file", port->ok.value("file", "")},
                     {"tied", port->ok.value("tied", Json())},
                     {"tied_in_the_reference", reference->value("tied", Json())}};
  record.threshold = {{"missing", 0}, {"unexpected", 0}, {"dropped_but_used_by_the_reference", 0}};

  const Names port_parameters = listed_in(port->ok, "parameters");
  const Names reference_modules = modules_of(listed_in(*reference, "parameters"));
  record.verdict = results::Verdict::fail;
  if (!missing.empty()) {
    const Named named{sorted(missing), port_parameters, modules_of(port_parameters), reference_modules};
    record.culprit = culprit_of(named);
    record.measured["port_module"] = whole_module(named.parameters.front(), named.parameters, named.all);
    record.summary =
        counted(missing.size(), "parameter") + " no tensor gave a value, left random: " + listed(missing, 3);
  } else if (!unexpected.empty()) {
    record.culprit = culprit_of({sorted(unexpected), joined(port_parameters, unexpected),
                                 modules_of(joined(port_parameters, unexpected)), reference_modules});
    record.summary = counted(unexpected.size(), "tensor") + " the port has no parameter for: " + listed(unexpected, 3);
  } else if (!lost.empty()) {
    const Names stored = modules_of(stored_names(context.subject.checkpoint));
    record.culprit = culprit_of({sorted(lost), listed_in(*reference, "parameters"), stored, reference_modules});
    record.summary =
        counted(lost.size(), "tensor") + " the reference uses and the port throws away: " + listed(lost, 3);
  } else if (port->ok.value("strict_error", Json()).is_string()) {
    record.summary = "mlx-lm refuses to load it: " + port->ok["strict_error"].get<std::string>();
  } else {
    record.verdict = results::Verdict::pass;
    record.summary = grouped(in_files - dropped) + " of " + counted(in_files, "tensor") + " used, none left random";
    if (dropped > past.size())
      record.summary += "; " + grouped(dropped - past.size()) + " not used by the reference either";
    if (!past.empty()) record.summary += "; " + grouped(past.size()) + " of parts that no text reaches";
  }
}

}  // namespace portwright::battery
