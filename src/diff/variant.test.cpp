#include "diff/variant.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/temporary_folder.hpp"

using namespace portwright::diff;
using portwright::Json;
using portwright::TemporaryFolder;

namespace {

struct FilledConfig {
  TemporaryFolder folder;
  ReferenceCode reference;

  FilledConfig() {
    folder.write("models/auto/auto_mappings.py",
                 "CONFIG_MAPPING_NAMES = OrderedDict([('tiny', 'TinyConfig'), ('tiny_text', 'TinyTextConfig')])\n");
    folder.write("models/tiny/configuration_tiny.py", R"(
class TinyTextConfig:
    model_type = "tiny_text"
    layers: int = 2

class TinyConfig:
    model_type = "tiny"
    attribute_map = {"experts": "num_experts"}
    sub_configs_defaults = {"text_config": TinyTextConfig}
    default_theta = 500.0
    hidden_size: int = 8
    heads: int = 2
    head_dim: int | None = None
    num_experts: int = 4
    pattern: int = 2
    layer_types: list | None = None
    rope_parameters: dict | None = None
    text_config: dict | None = None
    dtype: str | None = None

    def __post_init__(self, **kwargs):
        if self.head_dim is None:
            self.head_dim = self.hidden_size // self.heads
        if self.layer_types is None:
            self.layer_types = ["full" if (i + 1) % self.pattern == 0 else "window" for i in range(4)]
        self.told_elsewhere = compute(self)
)");
  }

  Variant fill(const Json& config) {
    portwright::source::SourceFiles files("", folder.path());
    auto read = read_reference(files, config);
    REQUIRE(read);
    reference = std::move(*read);
    return filled("x", config, reference);
  }
};

}  // namespace

TEST_CASE("defaults are filled in, and what the class works out is worked out") {
  FilledConfig tiny;
  const Variant plain = tiny.fill({{"model_type", "tiny"}});
  CHECK(plain.at("hidden_size").origin == Origin::standard);
  CHECK(plain.at("head_dim").origin == Origin::computed);
  CHECK(plain.at("head_dim").value == 4);
  CHECK(plain.at("head_dim").expression == "self.hidden_size // self.heads");
  CHECK(plain.at("layer_types").value == Json::array({"window", "full", "window", "full"}));
  CHECK(plain.at("rope_parameters.rope_theta").value == 500.0);
  CHECK(plain.at("rope_parameters.rope_type").value == "default");
  CHECK(plain.at("text_config.layers").value == 2);
  CHECK_FALSE(plain.at("told_elsewhere").known);
  CHECK(plain.at("nothing").origin == Origin::absent);
  CHECK(plain.values()("told_elsewhere").state == portwright::source::KeyValue::State::unknown);
  CHECK(plain.given_values()("head_dim").value.is_null());

  const Variant set =
      tiny.fill({{"model_type", "tiny"}, {"head_dim", 3}, {"pattern", 4}, {"text_config", {{"layers", 9}}}});
  CHECK(set.at("head_dim").origin == Origin::file);
  CHECK(set.at("head_dim").value == 3);
  CHECK(set.at("layer_types").value == Json::array({"window", "window", "window", "full"}));
  CHECK(set.at("text_config.layers").value == 9);
}

TEST_CASE("old and other names are the same key, and the file's name is kept") {
  FilledConfig tiny;
  const Variant old = tiny.fill({{"model_type", "tiny"},
                                 {"experts", 16},
                                 {"torch_dtype", "float16"},
                                 {"rope_theta", 7.0},
                                 {"rope_scaling", {{"type", "linear"}, {"factor", 2.0}}}});
  CHECK(old.at("num_experts").value == 16);
  CHECK(old.at("num_experts").written_as == "experts");
  CHECK(old.at("dtype").value == "float16");
  CHECK(old.at("rope_parameters.rope_theta").value == 7.0);
  CHECK(old.at("rope_parameters.rope_type").value == "linear");
  CHECK(old.at("rope_parameters.rope_type").written_as == "rope_scaling.type");
  CHECK(old.at("rope_parameters.factor").written_as == "rope_scaling.factor");
  CHECK(old.at("experts").origin == Origin::absent);
  CHECK(old.written.contains("rope_scaling.factor"));
  const auto names = names_of("rope_parameters.factor", tiny.reference);
  CHECK(std::ranges::find(names, "rope_scaling.factor") != names.end());
}

TEST_CASE("values of the wrong kind fill no keys and do no harm") {
  FilledConfig tiny;
  const Variant odd = tiny.fill({{"model_type", "tiny"},
                                 {"rope_parameters", 3},
                                 {"rope_scaling", "x"},
                                 {"text_config", Json::array()},
                                 {"heads", 0}});
  CHECK(odd.at("rope_parameters").value == 3);
  CHECK_FALSE(odd.at("head_dim").known);
  const Variant nulls = tiny.fill({{"model_type", "tiny"}, {"rope_scaling", nullptr}, {"torch_dtype", nullptr}});
  CHECK(nulls.at("rope_parameters.rope_theta").value == 500.0);
}
