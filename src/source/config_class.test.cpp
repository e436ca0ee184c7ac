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
