// A forward made up by a test, and what is said of a port that computed something else in it.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "diagnose/causes.hpp"
#include "diagnose/localise.hpp"

namespace portwright::diagnose {

inline Matrix random_matrix(std::vector<std::int64_t> shape, unsigned seed) {
  std::size_t size = 1;
  for (const std::int64_t axis : shape) size *= static_cast<std::size_t>(axis);
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(size);
  for (double& value : values) value = normal(generator);
  return matrix(std::move(shape), std::move(values));
}

inline Matrix mapped(const Matrix& from, double (*function)(double)) {
  Matrix result = from;
  for (double& value : result.values) value = function(value);
  return result;
}

// One layer in which a port can be wrong, as the reference computes it.
struct Model {
  std::vector<Call> calls;
  std::map<std::string, Matrix> arrays;
  std::map<std::string, std::vector<double>> parameters;
  Json config = Json::object();

  void add(const std::string& path, const std::string& type, const std::string& parent, const Matrix& in,
           const Matrix& out) {
    Call call;
    call.path = path;
    call.type = type;
    call.parent = parent;
    call.in = Array{"float64", in.shape, {}};
    call.out = Array{"float64", out.shape, {}};
    arrays[call.name() + ":in"] = in;
    arrays[call.name() + ":out"] = out;
    calls.push_back(std::move(call));
  }

  // What is said of a port that computed `got` at the input or output of the call `path`.
  [[nodiscard]] std::vector<results::Cause> causes(const std::string& path, bool is_end, const Matrix& got) const {
    std::size_t at = 0;
    while (calls[at].path != path) ++at;
    const std::string point = calls[at].name() + (is_end ? ":out" : ":in");
    const auto reference = [this](const std::string& name) -> std::optional<Matrix> {
      const auto found = arrays.find(name);
      return found == arrays.end() ? std::nullopt : std::optional(found->second);
    };
    const auto parameter = [this](const std::string& name) -> std::optional<std::vector<double>> {
      const auto found = parameters.find(name);
      return found == parameters.end() ? std::nullopt : std::optional(found->second);
    };
    const Scene scene{{at, is_end}, got, arrays.at(point), least_floor, calls, reference, parameter, config};
    return causes_of({scene});
  }
};

inline void check_proved(const std::vector<results::Cause>& causes, const std::string& name, const std::string& says) {
  std::string said;
  for (const results::Cause& cause : causes) said += cause.name + ": " + cause.sentence + "; ";
  CAPTURE(said);
  REQUIRE(causes.size() == 1);
  CHECK(causes[0].name == name);
  CHECK(causes[0].proved);
  CHECK(causes[0].error_removed > 0.999);
  CHECK_MESSAGE(causes[0].sentence.find(says) != std::string::npos, causes[0].sentence);
}

}  // namespace portwright::diagnose
