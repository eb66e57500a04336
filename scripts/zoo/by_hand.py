"""Writes a quantized checkpoint without absmax: what a refusal is measured against.

It knows what absmax has to find out: the running model. Quantized are the Linears whose forward is called and that are
no heads, and the experts; `ignore` has the exact names of all others.
"""

import json
import shutil

import torch
from safetensors.torch import save_file

SCHEMES = {"w8a8": (8, None), "w8a16": (8, None), "w4a16": (4, 32)}


def rows(tensor):
    return [row.numpy().tobytes() for row in tensor.reshape(-1, tensor.shape[-1])]


def on_disk(original, parameters):
    """The tensors of the files that these parameters are made of, known by their first rows: names may differ."""
    known = set()
    for parameter in (original.state[name] for name in parameters):
        known.update(rows(parameter))
        if parameter.ndim == 3:
            known.update(rows(parameter.transpose(1, 2)))
    matrices = {n: t for n, t in original.files.items() if t.ndim in (2, 3)}
    return {n for n, t in matrices.items() if known.intersection(rows(t[:1] if t.ndim == 2 else t[:1, :1]))}


def quantized(weight, bits, group):
    out, width = weight.shape
    size = group or width
    x = weight.reshape(out, width // size, size)
    scale = x.abs().amax(-1, keepdim=True) / (2 ** (bits - 1) - 1)
    q = (x / torch.where(scale == 0, 1, scale)).round().clamp(1 - 2 ** (bits - 1), 2 ** (bits - 1) - 1)
    return q.reshape(out, width).to(torch.int8), scale.reshape(out, -1)


def packed(q, bits):
    """Little-endian words of q + 2^(bits - 1); rows are padded to whole words."""
    u = (q.to(torch.int16) + 2 ** (bits - 1)).to(torch.uint8)
    per_word = 32 // bits
    u = torch.nn.functional.pad(u, (0, -u.shape[1] % per_word))
    octets = u if bits == 8 else u[:, 0::2] | (u[:, 1::2] << 4)
    return octets.contiguous().view(torch.int32)


def store(tensors, module, weight, scheme):
    """Puts the quantized weight of a module into `tensors`."""
    bits, group = SCHEMES[scheme]
    q, scale = quantized(weight, bits, group)
    if scheme == "w8a8":
        tensors[f"{module}.weight"] = q
    else:
        tensors[f"{module}.weight_packed"] = packed(q, bits)
        tensors[f"{module}.weight_shape"] = torch.tensor(weight.shape)
    tensors[f"{module}.weight_scale"] = scale.contiguous()


def write(original, scheme, out):
    """Returns the number of quantized weights."""
    bits, group = SCHEMES[scheme]
    linears = original.linears & original.called
    targets = on_disk(original, {f"{n}.weight" for n in linears} | original.experts)
    tensors, count = {}, 0
    for name, tensor in original.files.items():
        if name not in targets or tensor.shape[-1] % (group or 1):
            tensors[name] = tensor.contiguous()
            continue
        parts = {name.removesuffix(".weight"): tensor}
        if tensor.ndim == 3:
            parent, leaf = name.removesuffix(".weight").rsplit(".", 1)
            parts = {f"{parent}.{e}.{leaf}": matrix for e, matrix in enumerate(tensor)}
        for module, weight in parts.items():
            store(tensors, module, weight, scheme)
            count += 1
    shutil.copytree(original.source, out, ignore=shutil.ignore_patterns("*.safetensors*"))
    save_file(tensors, out / "model.safetensors", {"format": "pt"})
    done = {n for n in linears if original.state[f"{n}.weight"].shape[-1] % (group or 1) == 0}
    kept = {n for n, m in original.model.named_modules() if isinstance(m, torch.nn.Linear)} - done
    config = json.loads((out / "config.json").read_text())
    strategy = {"strategy": "group" if group else "channel", "group_size": group}
    number = {"num_bits": bits, "type": "int", "symmetric": True}
    form = "int-quantized" if scheme == "w8a8" else "pack-quantized"
    activations = {**number, "strategy": "token", "group_size": None, "dynamic": True}
    config["quantization_config"] = {
        "quant_method": "compressed-tensors",
        "format": form,
        "quantization_status": "compressed",
        "config_groups": {
            "group_0": {
                "targets": ["Linear"],
                "weights": {**number, **strategy, "dynamic": False, "observer": "minmax"},
                "input_activations": activations if scheme == "w8a8" else None,
                "output_activations": None,
                "format": form,
            }
        },
        "ignore": sorted(kept),
    }
    (out / "config.json").write_text(json.dumps(config))
    return count
