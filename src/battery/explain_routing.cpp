#include "battery/explain_routing.hpp"

#include <functional>
#include <numeric>
#include <set>

#include "battery/stored_parameter.hpp"
#include "diagnose/expert_outputs.hpp"
#include "diagnose/mixture.hpp"

namespace portwright::battery {
namespace {

using diagnose::Call;
using diagnose::Event;
using diagnose::Matrix;
using diagnose::RoutingCause;
using diagnose::RoutingPart;
using Arrays = std::map<std::string, Matrix>;

// A block in one side's forward.
struct Block {
  const Call* block = nullptr;
  const Call* routing = nullptr;
  const Call* experts = nullptr;      // the module that is given the choice
  std::vector<const Call*> children;  // modules that the block calls
  std::vector<const Call*> inside;    // modules that the experts call
};

Block block_around(const std::vector<Call>& calls, std::size_t index) {
  const Call& routing = calls[index];
  Block found;
  found.routing = &routing;
  found.experts = diagnose::called_next(calls, index);
  for (const Call& call : calls) {
    if (call.name() == routing.parent) found.block = &call;
    if (!diagnose::function_of(call.path).empty()) continue;
    if (found.experts != nullptr && call.parent == found.experts->name()) found.inside.push_back(&call);
    if (call.parent == routing.parent) found.children.push_back(&call);
  }
  return found;
}

// The index of the call that shows the choice of the block that this point is about.
std::optional<std::size_t> routing_of(const std::vector<Call>& calls, const Event& event) {
  const Call& at = calls[event.call];
  if (diagnose::is_routing(at)) return event.call;
  for (std::size_t i = 0; event.is_end && i < calls.size(); ++i) {
    if (diagnose::is_routing(calls[i]) && calls[i].parent == at.name()) return i;
  }
  return std::nullopt;
}

// What the port is asked for.
struct PortBlock : Block {
  [[nodiscard]] std::string order() const { return routing->path + "_order#" + std::to_string(routing->index) + ":in"; }
  [[nodiscard]] std::set<std::string> points() const {
    std::set<std::string> points{routing->name() + ":in", order(), block->name() + ":out"};
    if (experts != nullptr) points.insert(experts->name() + ":in");
    for (const Call* child : children) points.insert(child->name() + ":out");
    for (const Call* call : inside) points.insert({call->name() + ":in", call->name() + ":out"});
    return points;
  }
};

std::size_t width(const diagnose::Array& array) {
  return array.shape.empty() ? 0 : static_cast<std::size_t>(array.shape.back());
}

// One place in which the block is wrong.
class Place {
 public:
  Place(const Parity& parity, const Subject& subject, const std::vector<Call>& calls, std::size_t routing,
        PortBlock port, double floor)
      : parity_(parity),
        subject_(subject),
        calls_(calls),
        reference_(block_around(calls, routing)),
        port_(std::move(port)),
        floor_(floor) {}

  [[nodiscard]] const PortBlock& port() const { return port_; }

  [[nodiscard]] std::optional<RoutingCause> explained(const Arrays& arrays) const {
    const auto got = array(arrays, port_.routing->name() + ":in");
    const auto want = parity_.reference_array(reference_.routing->name() + ":in");
    const auto weights = parity_.reference_array(reference_.routing->path + "_weights#" +
                                                 std::to_string(reference_.routing->index) + ":in");
    if (!got || !want || !weights || !same_size(*got, *want) || !same_size(*weights, *want)) return std::nullopt;
    const diagnose::Routing routing{
        *want, *got, *weights, logits(*want), biases(want->columns), subject_.checkpoint.config};
    if (auto cause = diagnose::explain_choice(routing)) return cause;
    auto cause = explained_sum(arrays, routing);
    if (!cause || cause->part != RoutingPart::experts) return cause;
    if (given_otherwise(arrays)) return RoutingCause{RoutingPart::block, std::nullopt};
    cause->cause = explained_experts(arrays);
    return cause;
  }

  [[nodiscard]] std::string module_of(RoutingPart part) const {
    const std::string& router = reference_.routing->chosen_by;
    std::string path = reference_.block->path;
    if (part == RoutingPart::experts) path = reference_.experts->path;
    if (part == RoutingPart::router && !router.empty()) path = diagnose::path_of(router);
    return diagnose::starred(path).path;
  }

 private:
  static std::optional<Matrix> array(const Arrays& arrays, const std::string& point) {
    const auto found = arrays.find(point);
    return found == arrays.end() ? std::nullopt : std::optional(found->second);
  }

  // What the router makes, or a module of it: one number for each token and expert.
  [[nodiscard]] std::optional<Matrix> logits(const Matrix& like) const {
    for (const Call& call : calls_) {
      if (&call == reference_.routing) break;
      if (!call.path.starts_with(reference_.block->path + ".") || !diagnose::function_of(call.path).empty()) continue;
      auto made = parity_.reference_array(call.name() + ":out");
      if (made && same_size(*made, like)) return made;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<diagnose::ExpertBias> biases(std::size_t experts) const {
    std::vector<diagnose::ExpertBias> found;
    for (const checkpoint::TensorInfo& tensor : subject_.checkpoint.tensors) {
      if (!tensor.name.starts_with(reference_.block->path + ".")) continue;
      auto values =
          std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::uint64_t{1}, std::multiplies<>()) == experts
              ? stored_parameter(subject_.checkpoint, tensor.name)
              : std::nullopt;
      if (values) found.push_back({tensor.name.substr(tensor.name.rfind('.') + 1), std::move(*values)});
    }
    return found;
  }

  [[nodiscard]] std::optional<RoutingCause> explained_sum(const Arrays& arrays,
                                                          const diagnose::Routing& routing) const {
    auto order = array(arrays, port_.order());
    auto got = array(arrays, port_.block->name() + ":out");
    auto want = parity_.reference_array(reference_.block->name() + ":out");
    if (!order || !got || !want || port_.experts == nullptr || !same_size(*got, *want)) return std::nullopt;
    auto experts = array(arrays, port_.experts->name() + ":out");
    if (!experts || experts->rows != order->values.size() || experts->columns != got->columns) return std::nullopt;
    diagnose::Mixture mixture{
        routing, std::move(*order), std::move(*experts), {}, std::move(*got), std::move(*want), {}, {}, floor_};
    for (const Call* child : port_.children) {
      auto made = array(arrays, child->name() + ":out");
      if (child != port_.experts && made && same_size(*made, mixture.got)) mixture.others.push_back(std::move(*made));
    }
    for (const Call* child : reference_.children) {
      auto made = parity_.reference_array(child->name() + ":out");
      if (!made) continue;
      if (child == reference_.experts && same_size(*made, mixture.want))
        mixture.want_routed = std::move(*made);
      else if (made->columns == 1 && made->rows == mixture.got.rows)
        mixture.gates.push_back({child->path, *made});
    }
    return diagnose::explain_mixture(mixture);
  }

  // Whether the port's experts get another array than the reference's.
  [[nodiscard]] bool given_otherwise(const Arrays& arrays) const {
    const auto got = array(arrays, port_.experts->name() + ":in");
    const auto want = parity_.reference_array(reference_.experts->name() + ":in");
    return got && want && same_size(*got, *want) &&
           relative_l2(*got, *want, false) > diagnose::wrong_over_floor * floor_;
  }

  [[nodiscard]] std::optional<results::Cause> explained_experts(const Arrays& arrays) const {
    if (port_.inside.empty()) return std::nullopt;
    auto product = array(arrays, port_.inside.back()->name() + ":in");
    auto order = array(arrays, port_.order());
    if (!product || !order) return std::nullopt;
    diagnose::ExpertInside inside{{}, std::move(*product), std::move(*order), {}, floor_};
    for (const Call* call : port_.inside) {
      auto made = array(arrays, call->name() + ":out");
      const bool projection = call != port_.inside.back() && width(call->in) == width(port_.block->in);
      if (made && projection && same_size(*made, inside.product) && made->values != inside.product.values) {
        inside.projections.push_back(std::move(*made));
      }
    }
    for (const Call* call : reference_.inside) {
      auto in = parity_.reference_array(call->name() + ":in");
      auto out = parity_.reference_array(call->name() + ":out");
      if (in && out && same_size(*in, *out)) inside.gates.push_back({std::move(*in), std::move(*out)});
    }
    return diagnose::explain_experts(inside);
  }

  const Parity& parity_;
  const Subject& subject_;
  const std::vector<Call>& calls_;
  Block reference_;
  PortBlock port_;
  double floor_;
};

}  // namespace

Asked<std::optional<RoutingExplanation>> explain_routing(Parity& parity, const Subject& subject,
                                                         const std::vector<Event>& places,
                                                         const diagnose::Judged& judged) {
  const std::vector<Call>& calls = (*parity.truth())->trace().calls;
  const std::vector<Call>& port_calls = (*parity.port_trace())->calls;
  std::vector<Place> blocks;
  blocks.reserve(places.size());
  std::set<std::string> points;
  for (const Event& event : places) {
    const auto routing = routing_of(calls, event);
    const Call* partner = routing ? parity.port_call(*routing) : nullptr;
    if (partner == nullptr) return std::nullopt;
    const auto in_port = static_cast<std::size_t>(partner - port_calls.data());
    const double floor = (event.is_end ? judged.out : judged.in).at(event.call).floor;
    blocks.emplace_back(parity, subject, calls, *routing, PortBlock{block_around(port_calls, in_port)}, floor);
    if (blocks.back().port().block == nullptr) return std::nullopt;
    points.merge(blocks.back().port().points());
  }
  if (blocks.empty()) return std::nullopt;
  const auto arrays = parity.port_points(points);
  if (!arrays) return tl::unexpected<probe::AskError>(arrays.error());

  std::vector<std::optional<RoutingCause>> causes;
  causes.reserve(blocks.size());
  for (const Place& place : blocks) causes.push_back(place.explained(*arrays));
  auto found = diagnose::in_every_scene(causes);
  if (!found) return std::nullopt;
  const Place& first = blocks.front();
  return RoutingExplanation{first.module_of(found->part), first.module_of(RoutingPart::block), std::move(found->cause)};
}

}  // namespace portwright::battery
