#include "source/config_reads.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/temporary_folder.hpp"

using namespace portwright::source;
using portwright::Json;
using portwright::TemporaryFolder;

namespace {

const std::string tiny_modeling = R"(
from ...activations import ACT2FN
from ...modeling_rope_utils import ROPE_INIT_FUNCTIONS
from ...modeling_utils import PreTrainedModel
from ..other.modeling_other import OtherNorm

def eager(module, query, softcap=None):
    if softcap is not None:
        query = query / softcap
    return query

class TinyRotary(nn.Module):
    def __init__(self, config, device=None):
        self.rope_type = config.rope_parameters["rope_type"]
        rope_init_fn = self.compute_default
        if self.rope_type != "default":
            rope_init_fn = ROPE_INIT_FUNCTIONS[self.rope_type]
        inv_freq = rope_init_fn(config, device)

    @staticmethod
    def compute_default(config, device=None):
        base = config.rope_parameters["rope_theta"]
        dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        return base, dim

class TinyAttention(nn.Module):
    def __init__(self, config, layer_idx):
        self.layer_type = config.layer_types[layer_idx]
        self.sliding_window = config.sliding_window if self.layer_type == "sliding" else None
        self.softcap = config.attn_logit_softcapping
        if config.use_qk_norm:
            self.q_norm = OtherNorm(config.hidden_size, eps=config.qk_eps)
        else:
            self.q_norm = None
        self.dropout = config.attention_dropout if self.training else 0.0
        if config.hidden_size % config.num_attention_heads != 0:
            raise ValueError(config.message_only)

    def forward(self, x):
        if self.q_norm is not None:
            x = self.q_norm(x)
        if self.sliding_window is not None:
            x = x[: self.sliding_window]
        function = ALL.get_interface(self.config._attn, eager)
        return function(self, x, softcap=self.softcap)

class TinyModel(PreTrainedModel):
    def __init__(self, config: TinyConfig):
        super().__init__(config)
        text_config = config.text_config
        self.act = ACT2FN[config.hidden_act]
        self.layers = nn.ModuleList([TinyAttention(config, i) for i in range(config.num_hidden_layers)])
        self.rotary = TinyRotary(config=config)
        self.inner = TinyInner(config.text_config)
        self.width = text_config.hidden_size
        self.theta = self.config["theta"]

    def _init_weights(self, module):
        std = self.config.initializer_range

class TinyInner(nn.Module):
    def __init__(self, config):
        self.size = config.inner_size

class Unused(nn.Module):
    def __init__(self, config):
        self.size = config.never_read
)";

const std::string tiny_rope = R"(
def _linear(config, device=None):
    return config.rope_parameters["factor"]

def _yarn(config, device=None):
    return config.rope_parameters.get("beta_fast", 32)

ROPE_INIT_FUNCTIONS = {"linear": _linear, "yarn": _yarn}
)";

const std::string tiny_configuration = R"(
class TinyConfig:
    model_type = "tiny"
    pattern: int = 6
    hidden_size: int = 8

    def __post_init__(self, **kwargs):
        self.written = self.pattern
        old = kwargs.pop("old_key", 1)
        self.convert(**kwargs)
        if self.flag:
            self.hidden_size = 2 * self.hidden_size

    def validate_architecture(self):
        if self.only_validated:
            pass
)";

struct Model {
  TemporaryFolder folder;
  SourceFiles files{"", folder.path()};
  ConfigCode code;

  Model() {
    folder.write("activations.py", "ACT2FN = Wrapped(ACT2CLS)\nACT2CLS = {'silu': nn.SiLU, 'gelu': Gelu}\n");
    folder.write("modeling_rope_utils.py", tiny_rope);
    folder.write("modeling_utils.py",
                 "class PreTrainedModel:\n    def __init__(self, config):\n        self.config = config\n"
                 "        self.plumbing = config.plumbing\n");
    folder.write("models/other/modeling_other.py",
                 "class OtherNorm:\n    def __init__(self, dim, eps=1e-6, bias=False):\n        self.eps = eps\n"
                 "    def forward(self, x):\n        return x + 1 if self.eps > 0.5 else x\n");
    const SourceFile* config = files.open(folder.write("models/tiny/configuration_tiny.py", tiny_configuration));
    const SourceFile* model = files.open(folder.write("models/tiny/modeling_tiny.py", tiny_modeling));
    REQUIRE(model != nullptr);
    code = config_reads(files, {{files.definition(*model, "TinyModel"), files.definition(*config, "TinyConfig"), ""}});
  }

  [[nodiscard]] const ConfigRead* read(const std::string& key) const {
    const auto found = std::ranges::find(code.reads, key, &ConfigRead::key);
    return found == code.reads.end() ? nullptr : &*found;
  }
  [[nodiscard]] const ConfigTest& test(const std::string& text) const {
    const auto found = std::ranges::find_if(
        code.tests, [&](const ConfigTest& one) { return one.code.find(text) != std::string::npos; });
    REQUIRE_MESSAGE(found != code.tests.end(), text);
    return *found;
  }
};

KeyValues values_of(Json config) {
  return [config = std::move(config)](const std::string& key) -> KeyValue {
    const Json* value = &config;
    for (std::size_t begin = 0; begin < key.size();) {
      const std::size_t end = std::min(key.find('.', begin), key.size());
      const auto found = value->find(key.substr(begin, end - begin));
      if (found == value->end()) return {KeyValue::State::absent, {}};
      value = &*found;
      begin = end + 1;
    }
    return {KeyValue::State::known, *value};
  };
}

std::string said(const std::optional<bool>& value) { return !value ? "unknown" : *value ? "yes" : "no"; }

}  // namespace

TEST_CASE("every way to ask a config for a key is a read, with its place") {
  const Model model;
  for (const char* key : {"rope_parameters.rope_type",
                          "rope_parameters.rope_theta",
                          "rope_parameters.factor",
                          "rope_parameters.beta_fast",
                          "head_dim",
                          "hidden_size",
                          "num_attention_heads",
                          "layer_types.*",
                          "sliding_window",
                          "attn_logit_softcapping",
                          "use_qk_norm",
                          "qk_eps",
                          "hidden_act",
                          "num_hidden_layers",
                          "text_config.inner_size",
                          "text_config.hidden_size",
                          "theta",
                          "pattern",
                          "old_key",
                          "flag",
                          "attention_dropout"}) {
    CHECK_MESSAGE(model.read(key) != nullptr, key);
  }
  for (const char* key : {"never_read", "initializer_range", "plumbing", "message_only", "convert", "written",
                          "only_validated", "inner_size", "q_norm"}) {
    CHECK_MESSAGE(model.read(key) == nullptr, key);
  }
  const ConfigRead* window = model.read("sliding_window");
  REQUIRE(window != nullptr);
  CHECK(window->line.text() == "modeling_tiny.py:29");
  CHECK(window->where == "TinyAttention.__init__");
  CHECK(window->code == "self.sliding_window = config.sliding_window if self.layer_type == \"sliding\" else None");
  REQUIRE(model.read("rope_parameters.beta_fast")->fallback);
  CHECK(model.read("rope_parameters.beta_fast")->fallback->constant == 32);
}

TEST_CASE("a condition is worked out through attributes, arguments and elements") {
  const Model model;
  const auto how = [&](const std::string& test, const Json& config) {
    const Outcome found = outcome(model.test(test).condition, values_of(config));
    return std::vector{found.taken, found.not_taken, found.unknown};
  };
  using Counts = std::vector<std::size_t>;
  CHECK(how("if config.use_qk_norm", {{"use_qk_norm", true}}) == Counts{1, 0, 0});
  CHECK(how("if softcap is not None", {{"attn_logit_softcapping", nullptr}}) == Counts{0, 1, 0});
  CHECK(how("if softcap is not None", {{"attn_logit_softcapping", 50.0}}) == Counts{1, 0, 0});
  const Json layers = Json::array({"sliding", "sliding", "full"});
  CHECK(how("if self.sliding_window is not None", {{"layer_types", layers}, {"sliding_window", 8}}) == Counts{2, 1, 0});
  CHECK(how("if self.sliding_window is not None", {{"layer_types", layers}, {"sliding_window", nullptr}}) ==
        Counts{0, 3, 0});
  CHECK(how("if self.rope_type != \"default\"", {{"rope_parameters", {{"rope_type", "yarn"}}}}) == Counts{1, 0, 0});
  CHECK(how("head_dim", {{"head_dim", nullptr}}) == Counts{0, 1, 0});
  CHECK(how("head_dim", Json::object()) == Counts{0, 1, 0});
  CHECK(how("self.eps > 0.5", {{"qk_eps", 1.0}}) == Counts{1, 0, 0});
  CHECK(model.test("if softcap is not None").line.text() == "modeling_tiny.py:8");
  CHECK(model.test("if config.use_qk_norm").then.starts_with("self.q_norm = OtherNorm("));
  CHECK(model.test("if config.use_qk_norm").otherwise == "self.q_norm = None");
  for (const ConfigTest& test : model.code.tests) {
    CAPTURE(test.code);
    CHECK(test.code.find("self.training") == std::string::npos);
    CHECK(test.code.find("% config.num_attention_heads") == std::string::npos);
  }
}

TEST_CASE("code behind a table or an if runs for some values only") {
  const Model model;
  const auto reached = [&](const std::string& key, const Json& config) {
    const ConfigRead* read = model.read(key);
    REQUIRE_MESSAGE(read != nullptr, key);
    return said(runs(read->when, values_of(config)));
  };
  const auto rope_type = [](const char* type) { return Json{{"rope_parameters", {{"rope_type", type}}}}; };
  CHECK(reached("rope_parameters.factor", rope_type("linear")) == "yes");
  CHECK(reached("rope_parameters.factor", rope_type("yarn")) == "no");
  CHECK(reached("rope_parameters.beta_fast", rope_type("yarn")) == "yes");
  CHECK(reached("qk_eps", {{"use_qk_norm", false}}) == "no");
  CHECK(reached("qk_eps", {{"use_qk_norm", true}}) == "yes");
  CHECK(reached("hidden_act", Json::object()) == "yes");
  REQUIRE(model.code.picks.size() == 2);
  const auto pick = std::ranges::find(model.code.picks, "ACT2FN[config.hidden_act]", &ConfigPick::code);
  REQUIRE(pick != model.code.picks.end());
  CHECK(pick->entries.at("gelu") == "Gelu");
}

TEST_CASE("a port's fields are read through its own classes, nested configs and helpers") {
  const TemporaryFolder folder;
  folder.write("models/base.py",
               "class BaseModelArgs:\n    @classmethod\n    def from_dict(cls, params):\n"
               "        return cls(**params)\n");
  folder.write("models/rope_utils.py",
               "def initialize_rope(dims, base, scaling_config=None):\n"
               "    if scaling_config is not None:\n"
               "        kind = scaling_config.get('type') or scaling_config.get('rope_type', 'x')\n");
  folder.write("models/inner.py", R"(
from .base import BaseModelArgs
from .rope_utils import initialize_rope

class ModelArgs(BaseModelArgs):
    theta: float
    def __post_init__(self):
        if self.theta_scale is None:
            self.theta_scale = self.theta

class Model:
    def __init__(self, args: ModelArgs):
        self.args = args
        self.rope = initialize_rope(8, args.theta, scaling_config=args.rope_scaling)

    def sanitize(self, weights):
        if self.args.tie_word_embeddings:
            weights.pop("lm_head.weight")
)");
  const auto port = folder.write("port.py", R"(
from . import inner
from .base import BaseModelArgs

class ModelArgs(BaseModelArgs):
    text_config: dict

class Model:
    def __init__(self, args):
        self.model = inner.Model(inner.ModelArgs.from_dict(args.text_config))
        self.kind = args.model_type

    def __call__(self, x):
        return x * self.model.args.logit_scale
)");
  SourceFiles files(folder.path() / "models");
  const SourceFile* file = files.open(port);
  REQUIRE(file != nullptr);
  const ConfigCode code =
      config_reads(files, {{files.definition(*file, "Model"), files.definition(*file, "ModelArgs"), ""}});
  std::vector<std::string> keys;
  for (const ConfigRead& read : code.reads) keys.push_back(read.key);
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  CHECK(keys == std::vector<std::string>{"model_type", "text_config", "text_config.logit_scale",
                                         "text_config.rope_scaling", "text_config.rope_scaling.rope_type",
                                         "text_config.rope_scaling.type", "text_config.theta",
                                         "text_config.theta_scale", "text_config.tie_word_embeddings"});
}

TEST_CASE("what a config gives itself is known with its condition") {
  const Model model;
  REQUIRE(model.code.writes.size() == 2);
  const ConfigWrite& plain = model.code.writes[0];
  CHECK(plain.key == "written");
  CHECK(plain.value == Term::of_key("pattern"));
  CHECK_FALSE(plain.only_if);
  const ConfigWrite& doubled = model.code.writes[1];
  CHECK(doubled.key == "hidden_size");
  CHECK(doubled.code == "2 * self.hidden_size");
  CHECK(evaluate(doubled.value, values_of({{"hidden_size", 8}})) == Json(16));
  CHECK(said(runs(doubled.when, values_of({{"flag", false}}))) == "no");
  REQUIRE(model.code.made.size() == 1);
  CHECK(model.code.made.front().key.empty());
}

TEST_CASE("code that goes in circles or is nested without end has an end") {
  const TemporaryFolder folder;
  std::string deep = "config.a";
  for (int i = 0; i < 3000; ++i) deep = "(" + deep + ")";
  const auto port = folder.write("port.py",
                                 "class Model:\n    def __init__(self, config):\n        self.a = self.b\n"
                                 "        self.b = self.a\n        x = x\n        if self.a: f(config)\n"
                                 "        if " +
                                     deep +
                                     ": pass\n        f(config)\n        self.f(x)\n"
                                     "    def f(self, y): self.f(self.a)\n"
                                     "def f(config):\n    f(config.x)\n    return config.y\n");
  SourceFiles files("");
  const SourceFile* file = files.open(port);
  REQUIRE(file != nullptr);
  const ConfigCode code = config_reads(files, {{files.definition(*file, "Model"), {}, ""}});
  CHECK(code.reads.size() < 50);
  CHECK(std::ranges::any_of(code.reads, [](const ConfigRead& read) { return read.key == "y"; }));
}
