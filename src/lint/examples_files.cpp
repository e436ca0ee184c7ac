#include <array>

#include "lint/example.hpp"

namespace portwright::lint {
namespace {

constexpr std::array of_files{
    Example{"syntax", "class Model(nn.Module§:\n    pass\n", "class Model(nn.Module):\n    pass\n"},
    Example{"model-classes", "§class ModelArgs(BaseModelArgs):\n    pass\n",
            "class ModelArgs(BaseModelArgs):\n    pass\n\n\nclass Model(nn.Module):\n    pass\n"},
    // Examples are linted as llama.py.
    Example{"file-name", "@dataclass\nclass ModelArgs(BaseModelArgs):\n    model_type: str = §\"lama\"\n",
            "@dataclass\nclass ModelArgs(BaseModelArgs):\n    model_type: str = \"llama\"\n"},
    Example{"foreign-import", "import §numpy as np\n\n\ndef steps(n):\n    return np.arange(n)\n",
            "import mlx.core as mx\n\n\ndef steps(n):\n    return mx.arange(n)\n"},
    Example{"unused-import", "from typing import Any, §Optional\n\nx: Any = None\n",
            "from typing import Any\n\nx: Any = None\n"},
    Example{"unused-definition",
            "class §OldAttention(nn.Module):\n    pass\n\n\nclass Attention(nn.Module):\n    pass\n\n\n"
            "class Model(nn.Module):\n    def __init__(self, args):\n        self.attention = Attention()\n",
            "class Attention(nn.Module):\n    pass\n\n\nclass Model(nn.Module):\n    def __init__(self, args):\n"
            "        self.attention = Attention()\n"},
    Example{"dead-code", "def f(x):\n    return x\n    §x = x + 1\n", "def f(x):\n    x = x + 1\n    return x\n"},
    Example{"commented-code", "import math\n\n\ndef f(self, x):\n    §# x = self.norm(x)\n    return math.sqrt(x)\n",
            "import math\n\n\ndef f(self, x):\n    # The norm comes after the root.\n    return math.sqrt(x)\n"},
    Example{"open-end", "def f(x):\n    §# TODO: use the mask\n    return x\n",
            "def f(x):\n    # The mask is added by the caller.\n    return x\n"},
    Example{"many-comments",
            "x = 0\n# 1\n# 2\n# 3\n# 4\n# 5\n§# 6\n# 7\n# 8\n# 9\n# 10\n# 11\n# 12\n# 13\n# 14\n# 15\n# 16\n# 17\n# "
            "18\n# 19\n"
            "# 20\n# 21\n",
            "x = 0\n# 1\n# 2\n# 3\n"},
    Example{"comments", "x = 0\n# 1\n# 2\n# 3\n# 4\n# 5\n§# 6\n", "x = 0\n# 1\n# 2\n# 3\n# 4\n# 5\n"},
    Example{"import-work", "TABLE = §mx.arange(16)\n", "TABLE = list(range(16))\n"},
    Example{"print", "def sanitize(weights):\n    §print(len(weights))\n    return weights\n",
            "def sanitize(weights):\n    return weights\n"},
    Example{"silenced-error",
            "def sanitize(weights):\n    try:\n        weights.pop(\"a\")\n    §except Exception:\n        pass\n    "
            "return weights\n",
            "def sanitize(weights):\n    weights.pop(\"a\", None)\n    return weights\n"},
};

}  // namespace

std::span<const Example> examples_of_files() { return of_files; }

}  // namespace portwright::lint
