"""Checkpoints that are quantized already, of random numbers, with the floats that numpy says they stand for."""

import json
import struct

import ml_dtypes
import numpy as np

F8 = np.dtype(ml_dtypes.float8_e4m3fn)
DTYPES = {
    "F32": np.dtype(np.float32), "F16": np.dtype(np.float16), "BF16": np.dtype(ml_dtypes.bfloat16),
    "F8_E4M3": F8, "I8": np.dtype(np.int8), "I32": np.dtype(np.int32), "I64": np.dtype(np.int64),
}  # fmt: skip
FLOATS = {"bfloat16": DTYPES["BF16"], "float16": DTYPES["F16"], "float32": DTYPES["F32"]}
SOURCE_GROUP = 64

# [out, in] of Linears of a Llama: multiples of 128, and none, and rows that end within a word of four bits' integers.
LLAMA = {
    "model.layers.0.self_attn.q_proj": (300, 260),
    "model.layers.0.self_attn.k_proj": (256, 384),
    "model.layers.0.mlp.up_proj": (129, 640),
    "model.layers.0.mlp.down_proj": (260, 300),
}
DEEPSEEK = {
    "model.layers.0.self_attn.q_a_proj": (300, 260),
    "model.layers.0.self_attn.kv_a_proj_with_mqa": (576, 256),
    "model.layers.0.self_attn.o_proj": (256, 129),
    "model.layers.0.mlp.gate_proj": (384, 640),
    "model.layers.0.mlp.down_proj": (260, 300),
}
EXPERTS = {f"model.layers.1.mlp.experts.{i}.{m}_proj": (140, 128) for i in (0, 1) for m in ("gate", "up", "down")}


class Source:
    """A quantized checkpoint in the making: its tensors, and the floats that they stand for."""

    def __init__(self, seed, dtype, modules, config, quantization):
        self.random = np.random.default_rng(seed)
        self.dtype, self.tensors, self.floats = FLOATS[dtype], {}, {}
        self.config = config | {"torch_dtype": dtype}
        self.quantization, self.quantized = quantization, list(modules)
        for name, shape in [("model.embed_tokens", (40, 256)), ("model.norm", (256,)), ("lm_head", (40, 256))]:
            kept = self.random.standard_normal(shape).astype(np.float32).astype(self.dtype)
            self.tensors[f"{name}.weight"] = self.floats[f"{name}.weight"] = kept

    def put(self, module, floats, **tensors):
        self.floats[f"{module}.weight"] = floats
        self.tensors |= {f"{module}.{part}": tensor for part, tensor in tensors.items()}

    def scales(self, shape, dtype=np.float32):
        return self.random.uniform(1e-4, 1e-2, shape).astype(np.float32).astype(dtype)

    def write(self, directory, tensors, config, shards=1):
        """Where there are two files, every tensor is in another than the one before it."""
        directory.mkdir()
        (directory / "config.json").write_text(json.dumps(config, indent=2))
        if shards == 1:
            return save(directory / "model.safetensors", tensors)
        files = {name: f"model-{i % shards + 1:05}-of-{shards:05}.safetensors" for i, name in enumerate(sorted(tensors))}
        for file in set(files.values()):
            save(directory / file, {name: tensors[name] for name in files if files[name] == file})
        (directory / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))


def save(path, tensors):
    """safetensors' own writer for numpy does not know all of these dtypes."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])):
        octets = np.ascontiguousarray(tensor).tobytes()
        at = [len(data), len(data) + len(octets)]
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": at}
        data += octets
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def fp8(source, module, shape, strategy, scale_name, **more):
    octets = source.random.integers(0, 256, shape, dtype=np.uint8)
    octets[octets & 0x7F == 0x7F] = 0x7E  # NaN, to the largest number
    weight = octets.view(F8)
    rows, columns = shape
    blocks = (-(-rows // 128), -(-columns // 128))
    form = {"block": blocks, "channel": (rows, 1), "row": (rows,), "tensor": (1,), "scalar": ()}[strategy]
    scale = each = source.scales(form)
    if strategy == "block":
        each = scale.repeat(128, 0)[:rows].repeat(128, 1)[:, :columns]
    elif strategy == "row":
        each = scale[:, None]
    floats = (weight.astype(np.float32) * each).astype(source.dtype)
    source.put(module, floats, weight=weight, **{scale_name: scale}, **more)


def packed(q, bits):
    """Words of 32 bits along the last axis, the first integer in the lowest bits, each with 2^(bits - 1) added."""
    count = 32 // bits
    whole = np.zeros((*q.shape[:-1], -(-q.shape[-1] // count) * count), np.uint32)
    whole[..., : q.shape[-1]] = q.astype(np.int32) + 2 ** (bits - 1)
    words = whole.reshape(*q.shape[:-1], -1, count) << (np.arange(count, dtype=np.uint32) * bits)
    return np.bitwise_or.reduce(words, axis=-1).astype(np.uint32).view(np.int32)


def integers(source, module, shape, bits, strategy, pack, affine):
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    rows, columns = shape
    form = {"tensor": (1,), "channel": (rows, 1), "group": (rows, columns // SOURCE_GROUP)}[strategy]
    q = source.random.integers(low, high, shape, dtype=np.int8, endpoint=True)
    scale = source.scales(form, source.dtype)
    zero_point = source.random.integers(low, high, form, dtype=np.int8, endpoint=True) if affine else np.zeros(form, np.int8)
    spread = lambda p: p if strategy == "tensor" else p.repeat(columns // p.shape[1], 1)
    product = (q.astype(np.float32) - spread(zero_point)) * spread(scale).astype(np.float32)
    parts = {"weight_scale": scale}
    if pack:
        parts |= {"weight_packed": packed(q, bits), "weight_shape": np.array(shape, np.int64)}
    else:
        parts["weight"] = q
    if affine:
        parts["weight_zero_point"] = packed(zero_point.T, bits).T if pack and strategy != "tensor" else zero_point
    source.put(module, product.astype(source.dtype), **parts)


def llama(**config):
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 1, "hidden_size": 256} | config


def deepseek_fp8(seed, dtype, experts):
    modules = DEEPSEEK | (EXPERTS if experts else {})
    config = {"architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "num_hidden_layers": 2}
    way = {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8", "weight_block_size": [128, 128]}
    source = Source(seed, dtype, modules, config, way)
    for module, shape in modules.items():
        fp8(source, module, shape, "block", "weight_scale_inv")
    return source


def other_fp8(seed, dtype, method, strategy):
    way, name, more = {"quant_method": method}, "weight_scale", {}
    if method == "compressed-tensors":
        weights = {"num_bits": 8, "type": "float", "symmetric": True, "strategy": strategy, "dynamic": False}
        inputs = weights | {"strategy": "token", "dynamic": True}
        group = {"targets": ["Linear"], "weights": weights, "input_activations": inputs}
        way |= {"format": "float-quantized", "quantization_status": "compressed"}
        way |= {"config_groups": {"group_0": group}, "ignore": ["lm_head"]}
    elif method == "fp8":
        way["activation_scheme"], more = "static", {"input_scale": np.ones(1, np.float32)}
    elif method == "fbgemm_fp8":
        way |= {"activation_scale_ub": 1200.0, "modules_to_not_convert": ["lm_head"]}
        more = {"input_scale_ub": np.ones(1, np.float32)}
    elif method == "modelopt":
        way |= {"quant_algo": "FP8", "ignore": ["lm_head"]}
        more = {"input_scale": np.ones((), np.float32)}
    source = Source(seed, dtype, LLAMA, llama(), way)
    for module, shape in LLAMA.items():
        fp8(source, module, shape, strategy, name, **more)
    return source


def compressed_integers(seed, dtype, bits, strategy, pack, affine):
    weights = {"num_bits": bits, "type": "int", "symmetric": not affine, "strategy": strategy, "dynamic": False}
    form = "pack-quantized" if pack else "int-quantized"
    inputs = {"num_bits": 8, "type": "int", "symmetric": True, "strategy": "token", "dynamic": True}
    # Groups divide rows: 260 and 300 become 256.
    grouped = {m: (rows, columns // SOURCE_GROUP * SOURCE_GROUP) for m, (rows, columns) in LLAMA.items()}
    modules = grouped if strategy == "group" else LLAMA
    weights["group_size"] = SOURCE_GROUP if strategy == "group" else None
    group = {"targets": ["Linear"], "weights": weights, "input_activations": None if pack else inputs, "format": form}
    way = {"quant_method": "compressed-tensors", "format": form, "quantization_status": "compressed"}
    source = Source(seed, dtype, modules, llama(), way | {"config_groups": {"group_0": group}, "ignore": ["lm_head"]})
    for module, shape in modules.items():
        integers(source, module, shape, bits, strategy, pack, affine)
    return source


# What it is, how it is made, in how many files, which options of absmax, and the schemes.
ALL = ("w4a16", "w8a16", "w8a8")
CASES = [
    ("DeepSeek FP8, blocks", deepseek_fp8, ("bfloat16", False), 1, (), ALL),
    ("DeepSeek FP8, blocks, float16", deepseek_fp8, ("float16", False), 1, (), ALL),
    ("DeepSeek FP8, blocks, float32", deepseek_fp8, ("float32", False), 1, (), ALL),
    ("DeepSeek FP8, blocks, experts", deepseek_fp8, ("bfloat16", True), 1, (), ("w4a16", "w8a16")),
    ("DeepSeek FP8, blocks, two files", deepseek_fp8, ("bfloat16", True), 2, (), ("w4a16", "w8a16")),
    ("DeepSeek FP8, blocks, some ignored", deepseek_fp8, ("bfloat16", False), 2, ("--ignore", "re:.*down_proj"), ALL),
    ("FP8 of compressed-tensors, channel", other_fp8, ("bfloat16", "compressed-tensors", "channel"), 1, (), ALL),
    ("FP8 of compressed-tensors, tensor", other_fp8, ("float16", "compressed-tensors", "tensor"), 1, (), ALL),
    ("fp8, one scale []", other_fp8, ("bfloat16", "fp8", "scalar"), 1, (), ALL),
    ("fp8, one scale [1], two files", other_fp8, ("float32", "fp8", "tensor"), 2, (), ALL),
    ("fbgemm_fp8, channel", other_fp8, ("bfloat16", "fbgemm_fp8", "channel"), 1, (), ALL),
    ("fbgemm_fp8, channel [out]", other_fp8, ("float16", "fbgemm_fp8", "row"), 1, (), ALL),
    ("modelopt FP8, one scale []", other_fp8, ("bfloat16", "modelopt", "scalar"), 1, (), ALL),
] + [
    (
        f"int{bits}{' packed' * pack}, {strategy}{', affine' * affine}, {dtype}",
        compressed_integers, (dtype, bits, strategy, pack, affine), files, (), ALL,
    )  # fmt: skip
    for dtype, bits, strategy, pack, affine, files in [
        ("bfloat16", 8, "channel", False, False, 1),
        ("float16", 8, "tensor", False, False, 2),
        ("float32", 8, "channel", False, True, 1),
        ("bfloat16", 8, "channel", True, False, 1),
        ("bfloat16", 8, "group", True, False, 1),
        ("float16", 8, "channel", True, True, 1),
        ("bfloat16", 4, "group", True, False, 2),
        ("float32", 4, "channel", True, False, 1),
        ("bfloat16", 4, "group", True, True, 1),
        ("float16", 4, "channel", True, True, 1),
        ("float32", 4, "tensor", True, True, 1),
    ]
]  # fmt: skip
