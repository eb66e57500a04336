"""The engines that absmax has presets of, and what they make of rows of values.

An engine's answer is an array with an entry for each row, of its form's layout. Needs what engines_venv.py installs.
"""

import ctypes
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Callable

import bitsandbytes.functional
import flatbuffers
import gguf
import libggml
import numpy as np
import onnxruntime
import torch
from ai_edge_litert import schema_py_generated as litert
from ai_edge_litert.interpreter import Interpreter
from compressed_tensors.quantization import QuantizationArgs, quantize
from compressed_tensors.quantization.utils import calculate_qparams
from examples import example
from onnx import TensorProto, helper
from torchao.quantization import MappingType, quant_primitives

ROOT = Path(__file__).resolve().parent.parent
F32 = np.float32
COLUMNS = 512

# A form's answer for a row, bit by bit. A block is a row of its own.
BLOCKS = {
    "q8_0": [("scale", "<u2"), ("q", "i1", 32)],
    "q8_1": [("scale", "<u2"), ("sum", "<u2"), ("q", "i1", 32)],
    "q8_K": [("scale", "<u4"), ("q", "i1", 256), ("sums", "<i2", 16)],
}
ROW = [("scale", "<u4"), ("zero_point", "<i4"), ("q", "i1", COLUMNS)]


def layout(form):
    return np.dtype(BLOCKS.get(form, ROW))


def columns(form):
    return layout(form)["q"].shape[0]


def answer(scale, zero_point, q):
    out = np.zeros(len(q), np.dtype(ROW))
    out["scale"], out["zero_point"], out["q"] = scale.astype(F32).view(np.uint32), zero_point, q.view(np.int8)
    return out


def written(command, x, form):
    """What a program writes for the rows x, which it reads from its standard input."""
    run = subprocess.run(command, input=x.tobytes(), stdout=subprocess.PIPE)
    if run.returncode:
        sys.exit(f"FAILED: {' '.join(map(str, command))}")
    return np.frombuffer(run.stdout, layout(form))


class Runtime:
    """One ONNX operator, run as it is."""

    def __init__(self, operator, inputs, outputs, **attributes):
        node = helper.make_node(operator, list(inputs), list(outputs), **attributes)
        values = [[helper.make_tensor_value_info(n, t, None) for n, t in side.items()] for side in (inputs, outputs)]
        graph = helper.make_graph([node], "check", *values)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        self.session = onnxruntime.InferenceSession(model.SerializeToString())

    def __call__(self, **inputs):
        return self.session.run(None, inputs)


def onnx_dynamic(x):
    outputs = {"q": TensorProto.UINT8, "scale": TensorProto.FLOAT, "zero_point": TensorProto.UINT8}
    run = Runtime("DynamicQuantizeLinear", {"x": TensorProto.FLOAT}, outputs)
    q, scale, zero_point = map(np.array, zip(*(run(x=row) for row in x)))
    return answer(scale, zero_point, q)


def onnx_given(x):
    inputs = {"x": TensorProto.FLOAT, "scale": TensorProto.FLOAT, "zero_point": TensorProto.INT8}
    run = Runtime("QuantizeLinear", inputs, {"q": TensorProto.INT8}, axis=0)
    scale, x, zero_point = x[:, 0].copy(), x[:, 1:].copy(), np.zeros(len(x), np.int8)
    return answer(scale, zero_point, *run(x=x, scale=scale, zero_point=zero_point))


def torch_dynamic(x):
    tensors = [torch.quantize_per_tensor_dynamic(row, torch.quint8, False) for row in torch.from_numpy(x)]
    scale, zero_point = np.array([(tensor.q_scale(), tensor.q_zero_point()) for tensor in tensors]).T
    return answer(scale, zero_point, np.array([tensor.int_repr().numpy() for tensor in tensors]))


def torch_given(x):
    scale, x = torch.from_numpy(x[:, 0].copy()), torch.from_numpy(x[:, 1:].copy())
    q = torch.quantize_per_channel(x, scale, torch.zeros(len(x), dtype=torch.int32), 0, torch.qint8)
    return answer(scale.numpy(), 0, q.int_repr().numpy())


def as_tensor(x):
    """A tensor of f32, or of bf16 if x has its bits."""
    x = torch.from_numpy(x)
    return x if x.dtype == torch.float32 else x.view(torch.bfloat16)


def torchao(mapping):
    """As torchao's Int8Tensor.from_hp calls it."""
    kinds = {"scale_dtype": torch.float32, "zero_point_dtype": torch.int8, "eps": torch.finfo(torch.float32).eps}

    def program(x):
        x, block = as_tensor(x), (1, x.shape[1])
        scale, zero_point = quant_primitives.choose_qparams_affine(x, mapping, block, torch.int8, -128, 127, **kinds)
        q = quant_primitives.quantize_affine(x, block, scale, zero_point, torch.int8, -128, 127)
        return answer(scale.numpy(), zero_point.numpy(), q.numpy())

    return program


def bitsandbytes_vectorwise(x):
    """The scale is the largest magnitude itself: what is multiplied by 1/127 later."""
    q, scale, _ = bitsandbytes.functional.int8_vectorwise_quant(torch.from_numpy(x))
    return answer(scale.numpy(), 0, q.numpy())


def compressed_tensors(form):
    symmetric = form == "symmetric"
    arguments = QuantizationArgs(num_bits=8, type="int", symmetric=symmetric, strategy="token", dynamic=True)

    def program(x):
        x = as_tensor(x)
        parameters = calculate_qparams(x.amin(1, keepdim=True), x.amax(1, keepdim=True), arguments)
        q = quantize(x, *parameters, arguments, dtype=torch.int8)
        scale, zero_point = (parameter.float().numpy()[:, 0] for parameter in parameters)
        return answer(scale, zero_point, q.numpy())

    return program


def ggml(library, function, form):
    """The sums of an all-zero block of q8_K, which ggml does not write, are 0 before."""
    path = Path(libggml.__file__).parent / f"lib64/libggml-{library}.so.0"

    def program(x):
        out = np.zeros(len(x), layout(form))
        getattr(ctypes.CDLL(path), function)(
            x.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(x.size)
        )
        return out

    return program


def gguf_q8_0(x):
    return gguf.quantize(x, gguf.GGMLQuantizationType.Q8_0).reshape(-1).view(layout("q8_0"))


def xnnpack_products(x):
    """(q - zero point) * scale: XNNPACK quantizes the input of a layer by itself, and the weights are an identity.

    Every other entry of a sum is 0, and the weights' scale is 1. So nothing is rounded but this one product.
    """

    def tensor(name, shape, kind, buffer, scale=()):
        tensor = litert.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, buffer
        tensor.quantization = litert.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = list(scale), [0] * len(scale)
        return tensor

    model, graph, layer, code = litert.ModelT(), litert.SubGraphT(), litert.OperatorT(), litert.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = litert.BuiltinOperator.FULLY_CONNECTED
    layer.inputs, layer.outputs = [0, 1, -1], [2]
    layer.builtinOptionsType = litert.BuiltinOptions.FullyConnectedOptions
    layer.builtinOptions = litert.FullyConnectedOptionsT()
    layer.builtinOptions.asymmetricQuantizeInputs = True
    rows, n = 1024, x.shape[1]
    graph.tensors = [
        tensor("x", [rows, n], litert.TensorType.FLOAT32, 0),
        tensor("weight", [n, n], litert.TensorType.INT8, 1, np.ones(n)),
        tensor("y", [rows, n], litert.TensorType.FLOAT32, 0),
    ]
    graph.operators, graph.inputs, graph.outputs = [layer], [0], [2]
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [litert.BufferT(), litert.BufferT()]
    model.buffers[1].data = np.eye(n, dtype=np.uint8).reshape(-1)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")

    interpreter = Interpreter(model_content=bytes(builder.Output()), num_threads=1)
    interpreter.allocate_tensors()
    products = np.empty_like(x)
    for begin in range(0, len(x), rows):
        part = x[begin : begin + rows]
        interpreter.set_tensor(0, np.pad(part, ((0, rows - len(part)), (0, 0))))
        interpreter.invoke()
        products[begin : begin + rows] = interpreter.get_tensor(2)[: len(part)]
    return as_products(products)


def as_products(values):
    out = np.empty(len(values), [("product", "<u4", values.shape[1])])
    out["product"] = values.view(np.uint32)
    return out


def products(answer):
    """What of absmax's answer a product shows."""
    integers = (answer["q"] - answer["zero_point"][:, None]).astype(F32)
    return as_products(integers * answer["scale"].view(F32)[:, None])


def has_products(x):
    """The layer flushes subnormal numbers, and an infinite scale, where the range overflows, leaves only NaN."""
    with np.errstate(over="ignore"):
        width = x.max(1) - x.min(1)
    return (width == 0) | (width > 2.0**-100) & np.isfinite(width)


def candle(form):
    return lambda x: written([*example("candle_blocks", "-p", "absmax-peers"), form], x, form)


@dataclass
class Check:
    """What a preset's form is compared with, and another preset, which has to differ.

    Of a row that is `fit`, the program shows what `seen` makes of absmax's answer.
    """

    preset: str
    form: str
    package: str
    function: str
    program: Callable
    other: str
    element: str = "f32"
    fit: Callable = lambda x: slice(None)
    seen: Callable = lambda answer: answer

    @property
    def version(self):
        """Of a Python package, or of a crate."""
        crate = re.search(f'name = "{self.package}"\nversion = "(.*)"', (ROOT / "Cargo.lock").read_text())
        return crate[1] if crate else version(self.package)


CHECKS = [
    Check("onnx", "affine", "onnxruntime", "DynamicQuantizeLinear", onnx_dynamic, "torch"),
    Check("onnx", "given", "onnxruntime", "QuantizeLinear", onnx_given, "torch"),
    Check("torch", "affine", "torch", "quantize_per_tensor_dynamic", torch_dynamic, "onnx"),
    Check("torch", "given", "torch", "quantize_per_channel", torch_given, "onnx"),
    Check(
        *("xnnpack", "affine-signed", "ai-edge-litert", "FULLY_CONNECTED", xnnpack_products, "kleidiai"),
        fit=has_products,
        seen=products,
    ),
    Check("bitsandbytes", "symmetric", "bitsandbytes", "int8_vectorwise_quant", bitsandbytes_vectorwise, "exact"),
]
for form, mapping in {"symmetric": MappingType.SYMMETRIC, "affine-signed": MappingType.ASYMMETRIC}.items():
    for element in ("f32", "bf16"):
        CHECKS += [
            Check("torchao", form, "torchao", "quantize_affine", torchao(mapping), "exact", element),
            Check(
                *("compressed-tensors", form, "compressed-tensors", "quantize", compressed_tensors(form), "exact"),
                element=element,
            ),
        ]
for form in BLOCKS:
    name = f"quantize_row_{form}"
    # The two that are nearest: candle's q8_0 is ggml's, and so is the q8_K of ggml's kernels.
    other = "candle" if form == "q8_K" else "ggml-x86"
    CHECKS += [
        Check("ggml", form, "libggml-python", f"{name}_ref", ggml("base", f"{name}_ref", form), other),
        Check("ggml-x86", form, "libggml-python", name, ggml("cpu", name, form), "candle"),
        Check("candle", form, "candle-core", "QTensor::quantize", candle(form), "ggml-x86"),
    ]
CHECKS.append(Check("ggml", "q8_0", "gguf", "quantize", gguf_q8_0, "ggml-x86"))
UNCHECKED = {"kleidiai": "no package has a function for it, and it is for Arm"}
