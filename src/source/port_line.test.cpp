#include "source/port_line.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "base/files.hpp"
#include "base/temporary_folder.hpp"

using namespace portwright::source;

namespace {

// The number of the line that holds this text, which must occur in one line only.
int line_holding(const std::string& text, const std::string& wanted) {
  std::istringstream lines(text);
  int number = 0;
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find(wanted) == std::string::npos) continue;
    CHECK_MESSAGE(found == 0, wanted);
    found = number;
  }
  CHECK_MESSAGE(found != 0, wanted);
  return found;
}

std::string expected(const std::string& file, const std::string& text, const std::string& wanted) {
  return file + ":" + std::to_string(line_holding(text, wanted));
}

std::string said(const std::optional<Line>& line) { return line ? line->text() : "nothing"; }

struct Port {
  portwright::TemporaryFolder folder;
  Classes classes;

  void write(const std::string& name, const std::string& text) const { folder.write(name, text); }
  [[nodiscard]] std::string line(const Blame& blame) const {
    return said(port_line({folder.path() / "port.py", folder.path() / "models"}, classes, blame));
  }
  [[nodiscard]] std::string built(const std::string& module) const {
    return line({module, std::nullopt, "", false, false});
  }
};

const std::string tiny = R"(
from . import other
from .base import Shared as Common, make_norm
import mlx.nn as nn

KINDS = {"full": other.Full, "window": other.Window}

class Attention(nn.Module):
    def __init__(self, args, i):
        self.scale = args.head_dim**-0.5
        self.q_proj = nn.Linear(1, 2)
        if args.local:
            self.rope = nn.RoPE(8)
        else:
            self.rope = nn.RoPE(16)

    def __call__(self, x, mask=None):
        q = self.rope(self.q_proj(x))
        return scaled_dot_product_attention(q, q, q, scale=self.scale)

class Mlp(nn.Module):
    def __init__(self, args):
        self.up, self.unseen = 1, 2
        self.down = nn.Linear(
            3, 4)

    def __call__(self, x):
        return self.down(nn.silu(x))

class Block(Common):
    def __init__(self, args, i):
        super().__init__(args)
        self.self_attn = Attention(args, i)
        kind = Mlp if i else other.Full
        self.mlp = kind(args)
        self.moe = (
            Mlp(args)
            if i
            else other.Full(args)
        )
        self.mixer = KINDS[args.kind](args)
        self.norm = make_norm(args)
        self.handed = args.module
        self.twice = nn.Linear(1, 1)
        self.twice = nn.Linear(2, 2)
        self.nothing = None

    def __call__(self, x):
        x = self.self_attn(x)
        return self.mlp(x)

class Inner(nn.Module):
    def __init__(self, args):
        self.layers = [Block(args, i) for i in range(4)]
        self.grown = []
        for i in range(2):
            self.grown.append(Block(args, i))
        self.both = [Mlp(args), nn.Linear(5, 5)]
        self.seq = nn.Sequential(nn.Linear(7, 7), nn.GELU())

    def __call__(self, x):
        for layer, c in zip(self.layers, x):
            x = layer(x)
        return x

class Model(nn.Module):
    def __init__(self, args):
        self.model = Inner(args)
        if not args.tie:
            self.lm_head = nn.Linear(1, 9)

    def __call__(self, x):
        h = self.model(x)
        if self.tied:
            return self.model.embed.as_linear(h)
        return self.lm_head(h)
)";

const std::string base = R"(
class Shared:
    def __init__(self, args):
        self.input_norm = nn.RMSNorm(1)
        self.norm = nn.RMSNorm(2)

def make_norm(args):
    if args.layer:
        return nn.LayerNorm(1)
    return nn.RMSNorm(1)
)";

const std::string other = R"(
class Full:
    def __init__(self, args):
        self.gate = nn.Linear(8, 8)

    def __call__(self, x):
        return self.gate(x)

class Window(Full):
    pass
)";

struct Whole : Port {
  Whole() {
    write("port.py", tiny);
    write("base.py", base);
    write("models/other.py", other);
  }
};

}  // namespace

TEST_CASE("a path leads from class to attribute to class, through lists, loops and bases") {
  const Whole port;
  const auto in_port = [](const std::string& text) { return expected("port.py", tiny, text); };
  CHECK(port.built("model.layers.3.self_attn.q_proj") == in_port("self.q_proj = nn.Linear"));
  CHECK(port.built("model.grown.1.self_attn.q_proj") == in_port("self.q_proj = nn.Linear"));
  CHECK(port.built("model.layers.0.input_norm") == expected("base.py", base, "self.input_norm ="));
  CHECK(port.built("model.layers.0.norm") == in_port("make_norm(args)"));
  CHECK(port.built("model.both.1") == in_port("nn.Linear(5, 5)"));
  CHECK(port.built("model.both.0.down") == in_port("self.down = nn.Linear("));
  CHECK(port.built("model.seq.layers.1") == in_port("nn.GELU()"));
  CHECK(port.built("lm_head") == in_port("self.lm_head = nn.Linear"));
}

TEST_CASE("the loaded class tells which of several candidates was built; without it an if is named") {
  Whole port;
  const auto in_port = [](const std::string& text) { return expected("port.py", tiny, text); };
  CHECK(port.built("model.layers.0.mlp") == in_port("kind(args)"));
  CHECK(port.built("model.layers.0.mlp.gate") == expected("other.py", other, "self.gate ="));
  // The place that holds both is the condition, which begins at its first choice.
  CHECK(port.built("model.layers.0.moe") == "port.py:" + std::to_string(line_holding(tiny, "self.moe = (") + 1));
  port.classes = {{"model.layers.0.moe", "Full"}, {"model.layers.0.mixer", "Window"}};
  CHECK(port.built("model.layers.0.moe") == in_port("else other.Full(args)"));
  CHECK(port.built("model.layers.0.mixer") == in_port("KINDS[args.kind](args)"));
  CHECK(port.built("model.layers.0.mixer.gate") == expected("other.py", other, "self.gate ="));
  CHECK(port.built("model.layers.0.self_attn.rope") == in_port("if args.local:"));
}

TEST_CASE("what the text does not tell is not guessed") {
  const Whole port;
  for (const char* path : {"model.layers.0.twice", "model.layers.0.handed", "model.layers.0.nothing", "model.absent",
                           "model.layers.0.self_attn.q_proj.deeper", "model.both.1.down", "..", "model."}) {
    CHECK_MESSAGE(port.built(path) == "nothing", path);
  }
  CHECK_FALSE(port_line({"/no/such/file.py", ""}, {}, {"model", std::nullopt, "", false, false}));
}

TEST_CASE("a module's own code is its call: of a child that got a wrong input, of a function, else its head") {
  Whole port;
  const auto in_port = [](const std::string& text) { return expected("port.py", tiny, text); };
  port.classes = {{"(root)", "Model"},
                  {"model", "Inner"},
                  {"model.layers.0", "Block"},
                  {"model.layers.0.mlp", "Mlp"},
                  {"model.layers.0.mlp.down", "Linear"},
                  {"model.layers.0.self_attn", "Attention"},
                  {"model.layers.0.self_attn.q_proj", "Linear"}};
  const auto at = [&](const std::string& module, const std::string& child, const char* function = nullptr) {
    return port.line(
        {module, function == nullptr ? std::nullopt : std::optional<std::string>(function), child, false, false});
  };
  CHECK(at("model.layers.0", "model.layers.0.mlp") == in_port("return self.mlp(x)"));
  CHECK(at("model", "model.layers.3") == in_port("x = layer(x)"));
  CHECK(at("(root)", "lm_head") == in_port("return self.lm_head(h)"));
  CHECK(at("(root)", "model.embed.as_linear") == in_port("return self.model.embed.as_linear(h)"));
  const std::string attention = "model.layers.0.self_attn";
  CHECK(at(attention, "", "rope") == in_port("q = self.rope("));
  CHECK(at(attention, "", "scale") == in_port("self.scale ="));
  CHECK(at(attention, "", "attention") == in_port("return scaled_dot_product_attention"));
  CHECK(at("model.layers.0.mlp", "", "activation") == in_port("nn.silu(x)"));
  CHECK(port.line({"model.layers.0", std::nullopt, "", true, false}) == in_port("return self.mlp(x)"));
  CHECK(port.line({"model.layers.0.mlp.down", std::nullopt, "", true, false}) == in_port("self.down = nn.Linear("));
  // A function that is nowhere called: the head.
  const int attention_head = line_holding(tiny, "def __call__(self, x, mask=None)");
  CHECK(at(attention, "", "softcap") == "port.py:" + std::to_string(attention_head));
  CHECK(at(attention, "", "unheard of") == "port.py:" + std::to_string(attention_head));
}

TEST_CASE("a file with a mistake behind the place still leads there") {
  const Port port;
  port.write("port.py", tiny + "\ndef broken(:\n");
  port.write("base.py", base);
  CHECK(port.built("lm_head") == expected("port.py", tiny, "self.lm_head = nn.Linear"));
}

namespace {

std::filesystem::path installed_ports() {
  const std::filesystem::path library = std::filesystem::path(PORTWRIGHT_SOURCE_DIR) / ".venv" / "lib";
  for (const auto& python : std::filesystem::directory_iterator(library)) {
    const auto models = python.path() / "site-packages" / "mlx_lm" / "models";
    if (std::filesystem::exists(models)) return models;
  }
  return {};
}

struct Known {
  const char* port;
  const char* module;
  const char* type;
  const char* text;  // of the line that builds it
};

}  // namespace

TEST_CASE("the installed ports: every kind of module is found where it is built") {
  const auto models = installed_ports();
  REQUIRE_FALSE(models.empty());
  constexpr Known known[] = {
      {"llama", "model", "LlamaModel", "self.model = LlamaModel(args)"},
      {"llama", "model.embed_tokens", "Embedding", "self.embed_tokens ="},
      {"llama", "model.norm", "RMSNorm", "self.norm ="},
      {"llama", "lm_head", "Linear", "self.lm_head = nn.Linear"},
      {"llama", "model.layers.1", "TransformerBlock", "TransformerBlock(args=args"},
      {"llama", "model.layers.1.self_attn", "Attention", "self.self_attn = Attention(args)"},
      {"llama", "model.layers.1.self_attn.rope", "RoPE", "self.rope = initialize_rope("},
      {"llama", "model.layers.1.self_attn.q_proj", "Linear", "self.q_proj ="},
      {"llama", "model.layers.1.mlp.down_proj", "Linear", "self.down_proj = nn.Linear"},
      {"llama", "model.layers.1.post_attention_layernorm", "RMSNorm", "self.post_attention_layernorm = nn.RMSNorm("},
      {"gemma3_text", "model.layers.1.self_attn.q_norm", "RMSNorm", "self.q_norm ="},
      {"gemma3_text", "model.layers.1.self_attn.rope", "RoPE", "if self.is_sliding:"},
      {"gemma3_text", "model.layers.1.pre_feedforward_layernorm", "RMSNorm",
       "self.pre_feedforward_layernorm = RMSNorm("},
      {"qwen3_moe", "model.layers.1.mlp", "Qwen3MoeSparseMoeBlock", "self.mlp = Qwen3MoeSparseMoeBlock(args)"},
      {"qwen3_moe", "model.layers.1.mlp", "MLP", "self.mlp = MLP("},
      {"qwen3_moe", "model.layers.1.mlp.gate", "Linear", "self.gate = nn.Linear"},
      {"qwen3_moe", "model.layers.1.mlp.switch_mlp", "SwitchGLU", "self.switch_mlp = SwitchGLU("},
      {"phi3", "model.layers.1.self_attn.qkv_proj", "Linear", "self.qkv_proj ="},
      {"phi3", "model.layers.1.self_attn.rope", "RoPE", "self.rope = nn.RoPE("},
      {"phi3", "model.layers.1.self_attn.rope", "SuScaledRoPE", "self.rope = SuScaledRoPE("},
      {"phi3", "model.layers.1.mlp.gate_up_proj", "Linear", "self.gate_up_proj ="},
      {"olmo2", "model.layers.1.self_attn.k_norm", "RMSNorm", "self.k_norm ="},
      {"olmo2", "model.layers.1.post_feedforward_layernorm", "RMSNorm",
       "self.post_feedforward_layernorm = nn.RMSNorm("},
  };
  for (const Known& one : known) {
    const std::filesystem::path file = models / (std::string(one.port) + ".py");
    const auto text = portwright::read_file(file);
    REQUIRE(text);
    const auto line = port_line({file, models}, {{one.module, one.type}}, {one.module, std::nullopt, "", false, false});
    CHECK_MESSAGE(said(line) == expected(file.filename().string(), *text, one.text), one.module);
  }
}
