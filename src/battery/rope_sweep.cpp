#include "battery/rope_sweep.hpp"

#include <cstring>
#include <set>

#include "checkpoint/safetensors.hpp"

namespace portwright::battery {
namespace {

constexpr std::int64_t last_position = std::int64_t{1} << 17;

// Every value of `original_max_position_embeddings` and `max_position_embeddings`, at any depth.
void collect_contexts(const Json& config, std::set<std::int64_t>& contexts) {
  for (const auto& [key, value] : config.items()) {
    if (value.is_object()) collect_contexts(value, contexts);
    const bool names_one = key == "original_max_position_embeddings" || key == "max_position_embeddings";
    if (names_one && value.is_number() && value.get<double>() > 2) contexts.insert(value.get<std::int64_t>());
  }
}

struct RopeTensor {
  checkpoint::MappedTensors file;
  const checkpoint::TensorInfo* tensor;
};

Result<diagnose::RopeResponse> response_of(const std::string& name, int width, const Json& sweeps,
                                           const std::map<std::string, RopeTensor>& tensors) {
  diagnose::RopeResponse response;
  response.width = width;
  for (const Json& sweep : sweeps) {
    const auto rows = sweep.at("rows").get<std::uint64_t>();
    const auto length = sweep.at("length").get<std::uint64_t>();
    const auto starts = sweep.at("starts").get<std::vector<std::int64_t>>();
    const std::string tensor = name + ":" + std::to_string(rows) + "x" + std::to_string(length);
    const auto found = tensors.find(tensor);
    const auto side = static_cast<std::uint64_t>(width);
    const std::vector<std::uint64_t> shape{starts.size(), rows, length, side, side};
    if (found == tensors.end() || found->second.tensor->shape != shape || found->second.tensor->dtype != "F32") {
      return fail(Fault::worker, "the worker sent no tensor " + tensor + " of the form that was asked for");
    }
    for (const std::int64_t start : starts) {
      for (std::uint64_t row = 0; row < rows; ++row) {
        for (std::uint64_t step = 0; step < length; ++step) {
          response.places.push_back({start + static_cast<std::int64_t>(step), start + static_cast<std::int64_t>(length),
                                     static_cast<int>(row)});
        }
      }
    }
    const std::size_t elements = starts.size() * rows * length * side * side;
    const std::size_t before = response.matrices.size();
    response.matrices.resize(before + elements);
    std::memcpy(response.matrices.data() + before, found->second.file.data(*found->second.tensor),
                elements * sizeof(float));
  }
  return response;
}

}  // namespace

Json rope_request(const Json& config) {
  std::set<std::int64_t> contexts;
  collect_contexts(config, contexts);
  std::set<std::int64_t> one_by_one{0};
  for (std::int64_t position = 1; position <= last_position; position *= 2) one_by_one.insert(position);
  std::set<std::int64_t> in_rows{0, 5};
  for (const std::int64_t context : contexts) {
    for (const std::int64_t step : {-1, 0, 1}) one_by_one.insert(context + step);
    in_rows.insert(context - 2);
  }
  return Json{
      {"do", "rope"},
      {"sweeps",
       {{{"rows", 1}, {"length", 1}, {"starts", one_by_one}}, {{"rows", 2}, {"length", 3}, {"starts", in_rows}}}}};
}

Result<RopeSide> rope_side(const Measured& answer, const Json& request) {
  std::map<std::string, RopeTensor> tensors;
  for (const std::filesystem::path& file : answer.files) {
    auto mapped = checkpoint::MappedTensors::open(file);
    if (!mapped) return tl::unexpected<Error>(mapped.error());
    for (const checkpoint::TensorInfo& tensor : mapped->tensors()) {
      tensors.emplace(tensor.name, RopeTensor{*mapped, &tensor});
    }
  }
  RopeSide side;
  for (const Json& entry : answer.ok.at("embeddings")) {
    RopeEmbedding embedding;
    embedding.name = entry.at("name");
    if (entry.at("module").is_string()) embedding.module = entry["module"];
    if (entry.at("layer_type").is_string()) embedding.layer_type = entry["layer_type"];
    auto response = response_of(embedding.name, entry.at("width"), request.at("sweeps"), tensors);
    if (!response) return tl::unexpected<Error>(response.error());
    embedding.reading = diagnose::read_rope(*response);
    side.embeddings.emplace(embedding.name, std::move(embedding));
  }
  for (const Json& entry : answer.ok.at("users")) {
    RopeUser user{entry.at("path"), entry.at("embedding"), entry.at("starts")};
    if (!side.embeddings.contains(user.embedding)) {
      return fail(Fault::worker, "the worker names an embedding that it did not measure: " + user.embedding);
    }
    side.users.push_back(std::move(user));
  }
  return side;
}

}  // namespace portwright::battery
