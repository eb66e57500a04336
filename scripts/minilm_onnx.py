"""all-MiniLM-L6-v2 as an ONNX graph, from its tensors: embeddings of the tokens of one sentence.

    graph = minilm_onnx.Graph(tensors, linear)
    graph.model()

`linear(graph, name, x)` adds what computes x W^T of the Linear `name`, and returns what it is called.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

LAYERS, HEADS, WIDTH = 6, 12, 384
OPSET = 21
F32 = np.float32


class Graph:
    """Nodes and constants in the making."""

    def __init__(self, tensors, linear):
        self.tensors, self.linear = tensors, linear
        self.nodes, self.constants = [], {}
        self.inputs = {}  # of each Linear
        self._build()

    def constant(self, name, value):
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, operator, inputs, **attributes):
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], output, **attributes))
        return output

    def apply(self, name, x):
        """x W^T + b."""
        # A value of its own: who quantizes the input does not quantize what else x goes to.
        x = self.inputs[name] = self.node("Identity", [x])
        product = self.linear(self, name, x)
        return self.node("Add", [product, self.constant(f"{name}.bias", self.tensors[f"{name}.bias"])])

    def norm(self, name, x):
        parts = [self.constant(f"{name}.{part}", self.tensors[f"{name}.{part}"]) for part in ("weight", "bias")]
        return self.node("LayerNormalization", [x, *parts], axis=-1, epsilon=1e-12)

    def heads(self, x, order):
        shape = self.constant("heads", np.array([0, HEADS, WIDTH // HEADS]))
        return self.node("Transpose", [self.node("Reshape", [x, shape])], perm=order)

    def attention(self, name, x):
        query, key, value = (self.apply(f"{name}.self.{part}", x) for part in ("query", "key", "value"))
        scores = self.node("MatMul", [self.heads(query, (1, 0, 2)), self.heads(key, (1, 2, 0))])
        root = self.constant("root", F32(np.sqrt(WIDTH // HEADS)).reshape(()))
        weights = self.node("Softmax", [self.node("Div", [scores, root])], axis=-1)
        mixed = self.node("MatMul", [weights, self.heads(value, (1, 0, 2))])
        rows = self.node("Transpose", [mixed], perm=(1, 0, 2))
        return self.node("Reshape", [rows, self.constant("rows", np.array([0, WIDTH]))])

    def _build(self):
        part = lambda name: self.tensors[f"embeddings.{name}_embeddings.weight"]
        words = self.node("Gather", [self.constant("words", part("word")), "tokens"])
        # All tokens are of the first of two types.
        places = self.constant("places", part("position") + part("token_type")[0])
        x = self.norm("embeddings.LayerNorm", self.node("Add", [words, self.node("Gather", [places, "positions"])]))
        for layer in (f"encoder.layer.{layer}" for layer in range(LAYERS)):
            mixed = self.apply(f"{layer}.attention.output.dense", self.attention(f"{layer}.attention", x))
            x = self.norm(f"{layer}.attention.output.LayerNorm", self.node("Add", [mixed, x]))
            wide = self.node("Gelu", [self.apply(f"{layer}.intermediate.dense", x)])
            x = self.norm(
                f"{layer}.output.LayerNorm", self.node("Add", [self.apply(f"{layer}.output.dense", wide), x])
            )
        self.output = x

    def model(self, more_outputs=()):
        numbers = [helper.make_tensor_value_info(n, TensorProto.INT64, ["n"]) for n in ("tokens", "positions")]
        outputs = [self.output, *more_outputs]
        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", None]) for name in outputs]
        graph = helper.make_graph(self.nodes, "minilm", numbers, values, [*self.constants.values()])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def feeds(tokens):
    return {"tokens": np.array(tokens), "positions": np.arange(len(tokens))}
