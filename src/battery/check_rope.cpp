// Does the port turn queries and keys by the angles that the reference and config.json say, at every position?
// Ten ports dropped `rope_scaling`: cosine 1.0 at position 0, 0.757 at 8,192, and no short prompt shows it. Each
// embedding is called alone on basis vectors, so that position 131,072 costs as much as position 0.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "battery/check.hpp"
#include "battery/rope_sweep.hpp"
#include "battery/words.hpp"
#include "diagnose/rope_causes.hpp"

namespace portwright::battery {
namespace {

using diagnose::RopeDistance;
using diagnose::RopeSettings;
using probe::Side;
using results::Cause;
using results::Verdict;

// One embedding of the reference beside the one that the port uses in the same layers.
struct ComparedRope {
  RopeDistance distance;
  std::vector<Cause> causes;
};

struct WrongRope {
  std::string module;  // starred
  std::vector<int> layers;
  std::vector<Cause> causes;
  std::optional<std::int64_t> position;
};

// What other code could make up for: a permuted weight, a factor that went into the attention's scale, an array turned
// in a way that the probe does not see. Wrong only where the logits are.
bool can_be_made_up_for(const Cause& cause) {
  return cause.name == "rope-layout" || cause.name == "rope-attention-factor" || cause.name == "rope-missing";
}

void collect_thetas(const Json& config, std::vector<double>& thetas) {
  for (const auto& [key, value] : config.items()) {
    if (value.is_object()) collect_thetas(value, thetas);
    const bool names_one = key.find("theta") != std::string::npos || key.find("base") != std::string::npos;
    if (names_one && value.is_number() && value.get<double>() > 1) thetas.push_back(value);
  }
}

// A module with all the embeddings it uses, in their order, and the arrays of all of them.
struct RopeModule {
  std::string path;
  std::vector<std::string> embeddings;
  std::vector<std::vector<std::int64_t>> starts;
};

using ByLayer = std::map<std::optional<int>, std::vector<RopeModule>>;

ByLayer modules_by_layer(const std::vector<RopeUser>& users) {
  ByLayer layers;
  for (const RopeUser& user : users) {
    std::vector<RopeModule>& modules = layers[diagnose::starred(user.path).layer];
    auto module = std::find_if(modules.begin(), modules.end(), [&](const auto& one) { return one.path == user.path; });
    if (module == modules.end()) module = modules.insert(module, {user.path, {}, {}});
    module->embeddings.push_back(user.embedding);
    module->starts.resize(std::max(module->starts.size(), user.starts.size()));
    for (std::size_t pass = 0; pass < user.starts.size(); ++pass) {
      module->starts[pass].insert(module->starts[pass].end(), user.starts[pass].begin(), user.starts[pass].end());
    }
  }
  return layers;
}

Cause rope_cause(const char* name, std::string sentence) {
  Cause cause;
  cause.name = name;
  cause.sentence = std::move(sentence);
  return cause;
}

constexpr const char* pass_names[] = {"without a cache", "with an empty cache", "behind a cache"};

// Arrays that one side turns and the other does not.
std::optional<Cause> arrays_left_out(const RopeModule& port, const RopeModule& reference) {
  for (std::size_t pass = 0; pass < reference.starts.size(); ++pass) {
    const std::size_t got = port.starts.at(pass).size();
    const std::size_t want = reference.starts[pass].size();
    if (got < want) {
      return rope_cause("rope-missing",
                        fmt::format("turns {} of {} arrays (queries, keys) {}", got, want, pass_names[pass]));
    }
  }
  return std::nullopt;
}

// Positions counted otherwise. All of them shifted by the same is no difference: attention sees distances.
std::optional<Cause> counted_otherwise(const RopeModule& port, const RopeModule& reference) {
  std::set<std::int64_t> shifts;
  std::optional<Cause> cause;
  for (std::size_t pass = 0; pass < reference.starts.size(); ++pass) {
    std::vector<std::int64_t> got = port.starts.at(pass);
    std::vector<std::int64_t> want = reference.starts[pass];
    if (got.size() != want.size()) continue;
    std::sort(got.begin(), got.end());
    std::sort(want.begin(), want.end());
    for (std::size_t i = 0; i < got.size(); ++i) {
      shifts.insert(got[i] - want[i]);
      if (got[i] == want[i] || cause) continue;
      cause = rope_cause("rope-offset", fmt::format("counts positions from {} {} where the reference counts from {}",
                                                    got[i], pass_names[pass], want[i]));
    }
  }
  return shifts.size() > 1 ? cause : std::nullopt;
}

class RopeSweep {
 public:
  RopeSweep(const Json& config, const RopeSide& port, const RopeSide& reference)
      : config_(config), port_(port), reference_(reference) {
    collect_thetas(config, thetas_);
    const ByLayer port_layers = modules_by_layer(port.users);
    for (const auto& [layer, modules] : modules_by_layer(reference.users)) {
      const auto found = port_layers.find(layer);
      for (std::size_t i = 0; i < modules.size(); ++i) {
        const bool there = found != port_layers.end() && i < found->second.size();
        compare(modules[i], there ? &found->second[i] : nullptr);
      }
    }
  }

  [[nodiscard]] const std::vector<WrongRope>& wrong() const { return wrong_; }
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, ComparedRope>& compared() const {
    return compared_;
  }
  [[nodiscard]] const RopeSettings* settings(const std::string& embedding) const {
    const auto found = settings_.find(embedding);
    return found == settings_.end() || !found->second ? nullptr : &*found->second;
  }
  // Null where the reference does not do what config.json says.
  [[nodiscard]] const RopeSettings* config_settings(const std::string& embedding) const {
    const RopeSettings* found = settings(embedding);
    return found != nullptr && found->from_config ? found : nullptr;
  }

 private:
  void compare(const RopeModule& module, const RopeModule* partner) {
    const diagnose::Starred star = diagnose::starred(module.path);
    if (partner == nullptr) {
      const int rotated = reference_.embeddings.at(module.embeddings.front()).reading.rotated();
      note(star,
           {rope_cause("rope-missing", fmt::format("turns nothing where the reference turns {} dimensions", rotated))},
           std::nullopt);
      return;
    }
    std::vector<Cause> causes;
    std::optional<std::int64_t> position;
    // One side may use one embedding for all that the other uses several for.
    for (std::size_t i = 0; i < std::max(module.embeddings.size(), partner->embeddings.size()); ++i) {
      const std::string& wanted = module.embeddings[std::min(i, module.embeddings.size() - 1)];
      const ComparedRope& both = of(wanted, partner->embeddings[std::min(i, partner->embeddings.size() - 1)]);
      causes.insert(causes.end(), both.causes.begin(), both.causes.end());
      if (both.distance.places.empty() || position) continue;
      position = reference_.embeddings.at(wanted).reading.places[both.distance.places.front()].position;
    }
    for (auto cause : {arrays_left_out(*partner, module), counted_otherwise(*partner, module)}) {
      if (cause) causes.push_back(std::move(*cause));
    }
    if (!causes.empty()) note(star, std::move(causes), position);
  }

  void note(const diagnose::Starred& star, std::vector<Cause> causes, std::optional<std::int64_t> position) {
    auto same = std::find_if(wrong_.begin(), wrong_.end(), [&](const WrongRope& other) {
      return other.module == star.path && other.causes.front().sentence == causes.front().sentence;
    });
    if (same == wrong_.end()) same = wrong_.insert(same, WrongRope{star.path, {}, std::move(causes), position});
    if (star.layer && (same->layers.empty() || same->layers.back() != *star.layer)) same->layers.push_back(*star.layer);
  }

  const ComparedRope& of(const std::string& reference, const std::string& port) {
    const auto known = compared_.find({reference, port});
    if (known != compared_.end()) return known->second;
    const RopeEmbedding& wanted = reference_.embeddings.at(reference);
    const diagnose::RopeReading& got = port_.embeddings.at(port).reading;
    if (!settings_.contains(reference)) {
      const auto said = diagnose::rope_settings(config_, wanted.layer_type, wanted.reading.width);
      settings_[reference] = diagnose::settings_of(wanted.reading, said);
    }
    ComparedRope both;
    both.distance = diagnose::rope_distance(got, wanted.reading);
    both.causes = diagnose::rope_causes(got, wanted.reading, settings_[reference], thetas_);
    return compared_[{reference, port}] = std::move(both);
  }

  const Json& config_;
  const RopeSide& port_;
  const RopeSide& reference_;
  std::vector<double> thetas_;
  std::map<std::string, std::optional<RopeSettings>> settings_;
  std::map<std::pair<std::string, std::string>, ComparedRope> compared_;
  std::vector<WrongRope> wrong_;
};

Json embeddings_in_json(const RopeSide& port, const RopeSide& reference, const RopeSweep& sweep) {
  Json list = Json::array();
  for (const auto& [names, both] : sweep.compared()) {
    const diagnose::RopeReading& wanted = reference.embeddings.at(names.first).reading;
    const diagnose::RopeReading& got = port.embeddings.at(names.second).reading;
    const RopeSettings* settings = sweep.settings(names.first);
    const std::int64_t context =
        settings != nullptr ? settings->context_of_slope() : std::numeric_limits<std::int64_t>::max();
    const auto side = [&](const diagnose::RopeReading& reading) {
      return Json{{"width", reading.width},
                  {"rotated", reading.rotated()},
                  {"layout", diagnose::layout_of(reading.pairs)},
                  {"frequencies", diagnose::frequencies_of(reading, context)},
                  {"attention_factor", reading.radii.empty() ? 1.0 : reading.radii.front()}};
    };
    const RopeSettings* said = sweep.config_settings(names.first);
    list.push_back({{"layer_type", reference.embeddings.at(names.first).layer_type},
                    {"config", said != nullptr ? Json(said->scaling_field + " " + said->type) : Json()},
                    {"reference", side(wanted)},
                    {"port", side(got)},
                    {"angle_units", both.distance.angle_units},
                    {"radius_units", both.distance.radius_units}});
  }
  return list;
}

// The smallest relative change of theta that the sweep would have seen.
double least_theta(const diagnose::RopeReading& reading, const std::vector<double>& frequencies) {
  double least = 1;
  for (const diagnose::RopePlace& place : reading.places) {
    for (std::size_t pair = 1; pair < frequencies.size(); ++pair) {
      const auto position = static_cast<double>(place.position);
      const double exponent = static_cast<double>(pair) / static_cast<double>(frequencies.size());
      const double turned = position * frequencies[pair] * exponent;
      if (turned > 0) {
        least = std::min(least, diagnose::rope_units * diagnose::rope_unit(position, frequencies[pair]) / turned);
      }
    }
  }
  return least;
}

// The largest angle between the sides at one place, pair by pair.
double angle_between(const diagnose::RopeReading& got, const diagnose::RopeReading& wanted, std::size_t place) {
  double most = 0;
  for (std::size_t pair = 0; pair < wanted.pairs.size(); ++pair) {
    const std::size_t i = wanted.at(place, pair);
    most = std::max(most, std::abs(diagnose::wrapped(got.angles[i] - wanted.angles[i])));
  }
  return most;
}

// The worst angle between the sides at each position.
results::Series angles_by_position(const RopeSide& port, const RopeSide& reference, const RopeSweep& sweep) {
  std::map<std::int64_t, double> worst;
  for (const auto& [names, both] : sweep.compared()) {
    const diagnose::RopeReading& wanted = reference.embeddings.at(names.first).reading;
    const diagnose::RopeReading& got = port.embeddings.at(names.second).reading;
    if (!both.distance.same_count) continue;
    for (std::size_t place = 0; place < wanted.places.size(); ++place) {
      double& at = worst[wanted.places[place].position];
      at = std::max(at, angle_between(got, wanted, place));
    }
  }
  results::Series series;
  series.name = "worst angle between the sides";
  series.unit = "rad";
  series.axes = {"position", "angle"};
  for (const auto& [position, angle] : worst) series.values.push_back({position, angle});
  return series;
}

// Two embeddings that are modules and differ at a position of their own, for a script that calls them alone; null where
// there are none.
Json shown_by(const RopeSide& port, const RopeSide& reference, const RopeSweep& sweep) {
  for (const auto& [names, both] : sweep.compared()) {
    const RopeEmbedding& wanted = reference.embeddings.at(names.first);
    const RopeEmbedding& got = port.embeddings.at(names.second);
    if (!both.distance.same_count || wanted.module.empty() || got.module.empty()) continue;
    for (const std::size_t place : both.distance.places) {
      const diagnose::RopePlace& at = wanted.reading.places[place];
      if (at.context != at.position + 1) continue;
      Json pairs = Json::array();
      for (const diagnose::RopePair& pair : got.reading.pairs) pairs.push_back({pair.first, pair.second});
      return Json{{"reference", wanted.module},
                  {"layer_type", wanted.layer_type.empty() ? Json() : Json(wanted.layer_type)},
                  {"port", got.module},
                  {"width", got.reading.width},
                  {"pairs", std::move(pairs)},
                  {"position", at.position},
                  {"angle", angle_between(got.reading, wanted.reading, place)}};
    }
  }
  return nullptr;
}

bool logits_are_right(Context& context) {
  const auto sides = context.parity.free_run();
  if (!sides) return false;
  const auto port = (*sides)->port.find("logits");
  const auto reference = (*sides)->reference.find("logits");
  return port != (*sides)->port.end() && reference != (*sides)->reference.end() &&
         diagnose::measured(port->second.relative_l2, reference->second.relative_l2).level() != diagnose::Level::wrong;
}

void conclude_pass(const RopeSide& reference, const RopeSweep& sweep, results::CheckRecord& record) {
  record.verdict = Verdict::pass;
  const bool as_config = std::all_of(sweep.compared().begin(), sweep.compared().end(), [&](const auto& entry) {
    return sweep.config_settings(entry.first.first) != nullptr;
  });
  record.summary = counted(sweep.compared().size(), "embedding") + " of " +
                   counted(modules_by_layer(reference.users).size(), "layer") + " turn as in the reference" +
                   (as_config ? " and as config.json says" : "") +
                   " up to position 131,072; the worst angle is off by " +
                   number(record.measured["angle_units"].get<double>()) +
                   " units of rounding, correct ports show up to " + number(diagnose::rope_units_seen);
}

void conclude_fail(const std::vector<WrongRope>& wrong, std::size_t layers, results::CheckRecord& record) {
  const WrongRope& first = wrong.front();
  record.verdict = Verdict::fail;
  record.culprit = results::Culprit{first.module, "rope", first.layers, std::nullopt};
  if (first.position) record.where["position"] = *first.position;
  std::set<std::string> told;
  for (const WrongRope& entry : wrong) {
    for (const Cause& cause : entry.causes) {
      if (told.insert(cause.sentence).second) record.causes.push_back(cause);
    }
  }
  const Cause& cause = first.causes.front();
  const std::string where = first.layers.empty()
                                ? first.module
                                : first.module + " (" + layers_in_words(first.layers, static_cast<int>(layers)) + ")";
  record.summary = where + " " + cause.sentence + (cause.when == "always" ? "" : ", " + cause.when);
}

}  // namespace

void check_rope(Context& context, results::CheckRecord& record) {
  const Json request = rope_request(context.subject.checkpoint.config);
  Pending asked = context.session.begin_reference(Form::float32, request);
  const MeasuredOr port_answer = context.session.ask(Side::port, Form::float32, request);
  const MeasuredOr reference_answer = context.session.finish(std::move(asked));
  if (!reference_answer) return conclude_unanswered(record, reference_answer.error());
  if (!port_answer) return conclude_unanswered(record, port_answer.error());
  const auto reference = rope_side(*reference_answer, request);
  const auto port = rope_side(*port_answer, request);
  if (!reference || !port) {
    record.verdict = Verdict::error;
    record.summary = (reference ? port : reference).error().sentence;
    return;
  }
  if (reference->users.empty()) {
    record.verdict = Verdict::not_compared;
    record.summary = port->users.empty() ? "no position embedding on either side turns queries and keys"
                                         : "the reference's position embedding cannot be called alone";
    return;
  }
  if (port->users.empty() && logits_are_right(context)) {
    record.verdict = Verdict::not_compared;
    record.summary = "the port turns queries and keys without a module or function that could be called alone";
    return;
  }

  const RopeSweep sweep(context.subject.checkpoint.config, *port, *reference);
  double angle = 0;
  double radius = 0;
  for (const auto& [names, both] : sweep.compared()) {
    angle = std::max(angle, both.distance.angle_units);
    radius = std::max(radius, both.distance.radius_units);
    const diagnose::RopeReading& wanted = reference->embeddings.at(names.first).reading;
    record.sensitivity["theta"] = least_theta(wanted, diagnose::frequencies_of(wanted, wanted.places.back().context));
  }
  record.measured = {{"angle_units", angle},
                     {"radius_units", radius},
                     {"layers", modules_by_layer(reference->users).size()},
                     {"embeddings", embeddings_in_json(*port, *reference, sweep)}};
  record.threshold = {{"angle_units", diagnose::rope_units}, {"radius_units", diagnose::rope_units}};
  record.series = {angles_by_position(*port, *reference, sweep)};

  std::vector<WrongRope> wrong = sweep.wrong();
  const bool all_soft = std::all_of(wrong.begin(), wrong.end(), [](const WrongRope& entry) {
    return std::all_of(entry.causes.begin(), entry.causes.end(), can_be_made_up_for);
  });
  if (!wrong.empty() && all_soft && logits_are_right(context)) {
    record.measured["made_up_for"] = wrong.front().causes.front().sentence;
    wrong.clear();
  }
  if (wrong.empty()) return conclude_pass(*reference, sweep, record);
  record.measured["shown_by"] = shown_by(*port, *reference, sweep);
  conclude_fail(wrong, modules_by_layer(reference->users).size(), record);
}

}  // namespace portwright::battery
