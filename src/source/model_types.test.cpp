#include "source/model_types.hpp"

#include <doctest/doctest.h>

#include "base/temporary_folder.hpp"
#include "base/testing.hpp"

using namespace portwright::source;
using portwright::TemporaryFolder;
using portwright::testing::says;

namespace {

struct Transformers {
  TemporaryFolder folder;
  SourceFiles files{"", folder.path()};

  Transformers() {
    folder.write("models/auto/auto_mappings.py",
                 "CONFIG_MAPPING_NAMES = OrderedDict(\n    [\n        (\"llama\", \"LlamaConfig\"),\n"
                 "        (\"tiny_text\", \"TinyTextConfig\"),\n        (\"bare\", \"BareConfig\"),\n    ]\n)\n"
                 "SPECIAL_MODEL_TYPE_TO_MODULE_NAME = OrderedDict([(\"tiny_text\", \"tiny\")])\n");
    folder.write("models/auto/configuration_auto.py",
                 "CONFIG_MAPPING_NAMES.update({\"extra-one\": \"ExtraConfig\"})\n"
                 "CONFIG_MAPPING_NAMES = OrderedDict(**{\"same-llama\": \"LlamaConfig\"}, **CONFIG_MAPPING_NAMES)\n");
    folder.write(
        "models/auto/modeling_auto.py",
        "MODEL_MAPPING_NAMES = OrderedDict([(\"llama\", \"LlamaModel\"), (\"tiny_text\", \"TinyTextModel\")])\n"
        "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES = OrderedDict([(\"llama\", (\"LlamaForCausalLM\", \"Other\"))])\n");
    folder.write("models/llama/configuration_llama.py", "class LlamaConfig:\n    pass\n");
    folder.write("models/llama/modeling_llama.py", "class LlamaModel:\n    pass\nclass LlamaForCausalLM:\n    pass\n");
    folder.write("models/tiny/configuration_tiny.py", "class TinyTextConfig:\n    pass\n");
    folder.write("models/tiny/modeling_tiny.py", "class TinyTextModel:\n    pass\n");
    folder.write("models/extra_one/configuration_other.py", "class ExtraConfig:\n    pass\n");
  }

  std::string names(const std::string& type) {
    const auto found = find_reference(files, type);
    if (!found) return found.error().sentence;
    return found->config.name() + " " + (found->model ? found->model.name() : "none") + " " +
           (found->base ? found->base.name() : "none");
  }
};

}  // namespace

TEST_CASE("a model type has a folder, a config class and model classes") {
  Transformers transformers;
  CHECK(transformers.names("llama") == "LlamaConfig LlamaForCausalLM LlamaModel");
  CHECK(transformers.names("tiny_text") == "TinyTextConfig TinyTextModel TinyTextModel");
  CHECK(transformers.names("extra-one") == "ExtraConfig none none");
  CHECK(transformers.names("same-llama") == "LlamaConfig LlamaForCausalLM LlamaModel");
}

TEST_CASE("an unknown type is refused with those nearest to it") {
  Transformers transformers;
  CHECK(says(transformers.names("tiny"), "no model type 'tiny'; there are tiny_text"));
  CHECK(says(transformers.names("../../etc"), "no model type '../../etc'"));
  CHECK(says(transformers.names(""), "no model type ''"));
  CHECK(says(transformers.names("bare"), "BareConfig of model type 'bare' is not in transformers"));
  SourceFiles nowhere("", "/nonexistent");
  CHECK(says(find_reference(nowhere, "llama").error().sentence, "has no table of model types"));
}
