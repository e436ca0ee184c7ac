#include "battery/repro_scripts.hpp"

namespace portwright::battery {

const std::string_view script_head = R"py("""@check@ of @variant@ without portwright: prints @prints@."""
import importlib.util, json, pathlib, sys
import mlx.core as mx, mlx_lm.utils as utils@imports@
from mlx.utils import tree_flatten, tree_map
given = json.loads(pathlib.Path(__file__).with_name("input.json").read_text("utf-8"))
folder = pathlib.Path(given["folder"])
)py";

const std::string_view script_given_classes =
    R"py(spec = importlib.util.spec_from_file_location("mlx_lm.models." + given["model_type"], given["port_file"])
module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
classes = lambda config: (module.Model, module.ModelArgs)
)py";

const std::string_view script_installed_classes = R"py(classes = utils._get_classes
)py";

const std::string_view script_port = R"py(port, _ = utils.load_model(folder, strict=False, get_model_classes=classes)
)py";

const std::string_view script_float32 =
    R"py(port.update(tree_map(lambda a: a.astype(mx.float32) if mx.issubdtype(a.dtype, mx.floating) else a, port.parameters()))
reference = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32,
    attn_implementation="eager", experts_implementation="eager", trust_remote_code=given["trust_remote_code"])
)py";

const std::string_view script_logits = R"py(with torch.no_grad():
    want = reference(torch.tensor([given["ids"]]), use_cache=False).logits.double().numpy()
got = np.array(port(mx.array([given["ids"]])), np.float64)
print("not_finite", np.count_nonzero(~np.isfinite(got)))
print("relative_l2", np.linalg.norm(got - want) / np.linalg.norm(want))
)py";

const std::string_view script_modules = R"py(want, got = {}, {}
def watch(part, method, path, seen, replaced=lambda point, array: array):
    kind = type(part)
    def noted(values, point):  # the first array of what goes in or comes out
        for key in sorted(values, key=lambda key: key != "hidden_states"):
            if "float" in str(getattr(values[key], "dtype", "")):
                seen[point] = values[key]
                return {**values, key: replaced(point, values[key])}
        return values
    def call(self, *args, **named):
        values = noted({**dict(enumerate(args)), **named}, path + ":in")
        out = getattr(kind, method)(self, *[values.pop(i) for i in range(len(args))], **values)
        values = out if isinstance(out, dict) else dict(enumerate(out if isinstance(out, tuple) else [out]))
        values = noted(values, path + ":out")
        return out if isinstance(out, dict) else tuple(values.values()) if isinstance(out, tuple) else values[0]
    object.__setattr__(part, "__class__", type(kind.__name__, (kind,), {method: call}))
def as_in_the_reference(point, array):
    return mx.array(want[point].numpy()).reshape(array.shape) if point in given["replaced"] else array
for path, port_path, method in given["modules"]:
    watch(reference.get_submodule(path.replace("(root)", "")), "forward", path, want)
    watch(dict(port.named_modules())[port_path.replace("(root)", "")], method, path, got, as_in_the_reference)
with torch.no_grad(): reference(torch.tensor([given["ids"]]), use_cache=False)
mx.disable_compile()
mx.eval(port(mx.array([given["ids"]])))
x, y = np.array(got[given["at"]], np.float64).ravel(), want[given["at"]].double().numpy().ravel()
print("relative_l2", np.linalg.norm(x - y) / np.linalg.norm(y))
)py";

const std::string_view script_dtype = R"py(def watch(part, method, path):
    kind = type(part)
    def call(self, *args, **named):
        out = getattr(kind, method)(self, *args, **named)
        arrays = [array for array in (*args, *named.values(), out) if isinstance(array, mx.array)]
        print(path, " -> ".join(str(array.dtype).removeprefix("mlx.core.") for array in arrays))
        return out
    object.__setattr__(part, "__class__", type(kind.__name__, (kind,), {method: call}))
for _, path, method in given["modules"]:
    watch(dict(port.named_modules())[path.replace("(root)", "")], method, path)
mx.disable_compile()
print("logits", str(port(mx.array([given["ids"]])).dtype).removeprefix("mlx.core."))
)py";

const std::string_view script_names =
    R"py(config = utils.load_config(folder)
model_class, arguments_class = classes(config=config)
port = model_class(arguments_class.from_dict(config))
stored = {}
for file in folder.glob("model*.safetensors"):
    stored.update(mx.load(str(file)))
def sanitized(without=None):
    tensors = {name: array for name, array in stored.items() if name != without}
    return port.sanitize(tensors) if hasattr(port, "sanitize") else tensors
def same(a, b):
    return a.keys() == b.keys() and all(mx.array_equal(a[name], b[name]) for name in a)
tensors, parameters = sanitized(), dict(tree_flatten(port.parameters()))
fits = lambda name: name in tensors and name in parameters and tensors[name].shape == parameters[name].shape
print("missing", sorted(name for name in parameters if not fits(name)))
print("unexpected", sorted(name for name in tensors if not fits(name)))
print("without effect", [name for name in given["dropped"] if same(tensors, sanitized(without=name))])
)py";

const std::string_view script_rope = R"py(place, width = torch.tensor([[given["position"]]]), given["width"]
rotary = reference.get_submodule(given["reference"])
with torch.no_grad():
    cos, sin = rotary(torch.zeros(1, 1, width), place, *([given["layer_type"]] if given["layer_type"] else []))
want, pairs = torch.atan2(sin, cos).double().flatten().numpy(), given["pairs"]
if len(want) > len(pairs):  # each angle stands there twice: in two halves, or side by side
    want = want[: len(pairs)] if np.array_equal(want[: len(pairs)], want[len(pairs) :]) else want[::2]
rope = dict(port.named_modules())[given["port"]]
turned = np.array(rope(mx.eye(width)[:, None, None, :], offset=given["position"]), np.float64).reshape(width, width)
got = np.array([np.arctan2(turned[first, second], turned[first, first]) for first, second in pairs])
print("position", given["position"])
print("angle", np.abs((got - want + np.pi) % (2 * np.pi) - np.pi).max())
)py";

const std::string_view script_tokens = R"py(theirs = transformers.AutoTokenizer.from_pretrained(folder)
ours = utils.load_tokenizer(folder)
different = [text for text in given["texts"] if theirs.encode(text) != list(ours.encode(text))]
for text in different[:3]:
    print(repr(text), theirs.encode(text), "in the port:", list(ours.encode(text)))
print("different_texts", len(different))
)py";

const std::string_view script_quantized = R"py(ids = mx.array([given["ids"]])
plain = np.array(port(ids).astype(mx.float32), np.float64)[0]
predicate = getattr(port, "quant_predicate", None)
small, _ = utils.quantize_model(port, {}, given["group_size"], given["bits"], quant_predicate=predicate)
logits = small(ids)
got = np.array(logits.astype(mx.float32), np.float64)[0]
def log_shares(rows):
    rows = rows - rows.max(-1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(-1, keepdims=True))
want, have = log_shares(plain), log_shares(got)
print("logits", str(logits.dtype).removeprefix("mlx.core."))
print("not_finite", np.count_nonzero(~np.isfinite(got)))
print("kl_mean", (np.exp(want) * (want - have)).sum(-1).mean())
)py";

const std::string_view script_choices = R"py(text = given["ids"] + given["reference_ids"]
logits = np.array(port(mx.array([text])).astype(mx.float32))[0, len(given["ids"]) - 1 : -1]
steps = np.flatnonzero(logits.argmax(-1) != np.array(given["reference_ids"]))
print("at steps", steps.tolist())
print("different_choices", len(steps))
)py";

const std::string_view script_perplexity = R"py(def perplexity(continuation):
    ids = torch.tensor([given["ids"] + continuation])
    with torch.no_grad():
        logits = reference(ids, use_cache=False).logits[:, len(given["ids"]) - 1 : -1].double()
    return torch.nn.functional.cross_entropy(logits[0], torch.tensor(continuation)).exp().item()
print("perplexity_ratio", perplexity(given["port_ids"]) / perplexity(given["reference_ids"]))
)py";

const std::string_view script_forward = R"py(mx.eval(port(mx.array([given["ids"]])))
)py";

}  // namespace portwright::battery
