// The activation functions of models' gates, as in transformers/activations.py.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

namespace portwright::diagnose {

struct Activation {
  std::string_view name;
  double (*of)(double);
  std::string_view in_configs = name;  // what config.json calls it
};

namespace activation_functions {
inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
inline double softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }
}  // namespace activation_functions

inline constexpr std::string_view no_activation = "no activation";

inline constexpr std::array activations{
    Activation{"silu", [](double x) { return x * activation_functions::sigmoid(x); }, "silu swish"},
    Activation{"gelu", [](double x) { return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2)); }},
    Activation{"gelu_tanh",
               [](double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); },
               "gelu_pytorch_tanh gelu_new gelu_fast gelu_accurate"},
    Activation{"quick_gelu", [](double x) { return x * activation_functions::sigmoid(1.702 * x); }},
    Activation{"relu", [](double x) { return std::max(x, 0.0); }},
    Activation{"relu squared", [](double x) { return std::max(x, 0.0) * std::max(x, 0.0); }, "relu2"},
    Activation{"square", [](double x) { return x * x; }},
    Activation{"softplus", activation_functions::softplus},
    Activation{"sigmoid", activation_functions::sigmoid},
    Activation{"tanh", [](double x) { return std::tanh(x); }},
    Activation{no_activation, [](double x) { return x; }},
};

}  // namespace portwright::diagnose
