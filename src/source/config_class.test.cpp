#include "source/config_class.hpp"

#include <doctest/doctest.h>

#include "base/temporary_folder.hpp"

using namespace portwright::source;
using portwright::TemporaryFolder;

namespace {

const std::string config_base = R"(
class PreTrainedConfig:
    model_type: ClassVar[str] = ""
    dtype: str | None = None

    def __post_init__(self, **kwargs):
        self.dtype = 1
)";

const std::string tiny_config = R"(
from ...configuration_utils import PreTrainedConfig
from ..auto import AutoConfig

@auto_docstring(checkpoint="x")
@strict
class TinyConfig(PreTrainedConfig):
    model_type = "tiny"
    attribute_map = {"num_experts": "num_local_experts"}
    sub_configs_defaults = {"text_config": TextConfig, "vision": SubConfigSpec(config_class=AutoConfig, model_type="v")}
    default_theta = 500000.0

    hidden_size: int = 4_096
    rms_norm_eps: float = interval(min=0.0)(default=1e-6)
    head_dim: int | None = None
    eps: list = field(default_factory=lambda: [1, 2])
    extra: dict = field(default_factory=dict)
    act: str = ACT.default

    def __post_init__(self, **kwargs):
        if self.head_dim is None:
            self.head_dim = self.hidden_size // 2
        super().__post_init__(**kwargs)

    @property
    def doubled(self):
        return 2 * self.hidden_size

class SmallConfig(TinyConfig):
    model_type = "small"
    hidden_size: int = 8
)";

struct Package {
  TemporaryFolder folder;
  SourceFiles files{"", folder.path()};

  ConfigClass read(const std::string& text, const std::string& name) {
    folder.write("configuration_utils.py", config_base);
    const SourceFile* file = files.open(folder.write("models/tiny/configuration_tiny.py", text));
    REQUIRE(file != nullptr);
    const Definition type = files.definition(*file, name);
    REQUIRE(type);
    return read_config_class(files, type);
  }
};

std::string default_of(const ConfigClass& config, const std::string& key) {
  const ConfigField* field = config.field(key);
  if (field == nullptr) return "no field";
  if (field->required) return "required";
  return field->constant ? field->constant->dump() : field->expression;
}

}  // namespace

TEST_CASE("a config class says its keys, defaults and other names") {
  Package package;
  const ConfigClass config = package.read(tiny_config, "TinyConfig");
  CHECK(config.model_type == "tiny");
  CHECK(default_of(config, "hidden_size") == "4096");
  CHECK(default_of(config, "rms_norm_eps") == "1e-06");
  CHECK(default_of(config, "head_dim") == "null");
  CHECK(default_of(config, "eps") == "[1,2]");
  CHECK(default_of(config, "extra") == "{}");
  CHECK(default_of(config, "act") == "ACT.default");
  CHECK(default_of(config, "dtype") == "null");
  CHECK(default_of(config, "default_theta") == "no field");
  CHECK(config.constants.at("default_theta") == 500000.0);
  CHECK(config.other_names.at("num_experts") == "num_local_experts");
  CHECK(config.within.at("text_config").class_name == "TextConfig");
  CHECK(config.within.at("vision").model_type == "v");
  CHECK(config.within.at("vision").class_name.empty());
  CHECK(config.properties == std::vector<std::string>{"doubled"});
  REQUIRE(config.field("head_dim")->computed);
  CHECK(config.field("head_dim")->computed->expression == "self.hidden_size // 2");
  CHECK(config.field("head_dim")->computed->line.text() == "configuration_tiny.py:22");
  CHECK_FALSE(config.field("hidden_size")->computed);
  CHECK_FALSE(config.field("dtype")->computed);
}

TEST_CASE("a derived config class wins over its base") {
  Package package;
  const ConfigClass config = package.read(tiny_config, "SmallConfig");
  CHECK(config.model_type == "small");
  CHECK(default_of(config, "hidden_size") == "8");
  CHECK(default_of(config, "head_dim") == "null");
}

TEST_CASE("the parameters of an older config and the fields of a port count as keys") {
  Package package;
  const ConfigClass older = package.read(R"(
class OldConfig:
    model_type = "old"
    def __init__(self, n_embd=768, layers=None, **kwargs):
        self.n_embd = n_embd
        self.layers = layers if layers is not None else [n_embd]
)",
                                         "OldConfig");
  CHECK(default_of(older, "n_embd") == "768");
  CHECK_FALSE(older.field("n_embd")->computed);
  CHECK(older.field("layers")->computed->expression == "layers if layers is not None else [n_embd]");

  Package other;
  const ConfigClass port = other.read(
      "@dataclass\nclass ModelArgs(BaseModelArgs):\n    hidden_size: int\n"
      "    theta: float = 10000\n    scale: dict = field(repr=False)\n",
      "ModelArgs");
  CHECK(default_of(port, "hidden_size") == "required");
  CHECK(default_of(port, "theta") == "10000");
  CHECK(default_of(port, "scale") == "required");
  CHECK(default_of(port, "none") == "no field");
}

TEST_CASE("older keys that a config class moves are found with their defaults") {
  Package package;
  const ConfigClass config = package.read(R"(
class MovingConfig:
    default_theta = {"global": 1_000_000.0, "local": 10_000.0}
    def convert_rope_params_to_dict(self, **kwargs):
        rope_scaling = kwargs.pop("rope_scaling", None)
        self.rope_parameters["full"].update(rope_scaling)
        self.rope_parameters["full"].setdefault("rope_theta", kwargs.pop("rope_theta", self.default_theta["global"]))
        self.rope_parameters.setdefault("partial_rotary_factor", kwargs.pop("rotary_pct", 0.25))
        other.setdefault("a", kwargs.pop("b", 1))
        return kwargs
)",
                                          "MovingConfig");
  CHECK_FALSE(config.moves_rope_keys);
  REQUIRE(config.moved.size() == 3);
  CHECK(config.moved[0].from == "rope_scaling");
  CHECK(config.moved[0].to == "rope_parameters.full");
  CHECK(config.moved[1].to == "rope_parameters.full.rope_theta");
  CHECK(config.moved[1].otherwise == portwright::Json(1'000'000.0));
  CHECK(config.moved[2].from == "rotary_pct");
  CHECK(config.moved[2].line.text() == "configuration_tiny.py:8");

  Package plain;
  CHECK(plain.read(tiny_config, "TinyConfig").moves_rope_keys);
}
