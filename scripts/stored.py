"""The weights of a compressed-tensors directory, as its files and its config.json have them."""

import json

import torch
from safetensors.torch import load_file


def same_bits(a, b):
    octets = lambda t: t.detach().contiguous().reshape(-1).view(torch.uint8)
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(octets(a), octets(b))


def unpacked(words, bits, columns):
    """Integers of 4 or 8 bits in little-endian words, each stored with 2^(bits - 1) added."""
    octets = words.contiguous().view(torch.uint8)
    if bits == 4:
        octets = torch.stack((octets & 15, octets >> 4), -1).flatten(1)
    return (octets.to(torch.int16) - 2 ** (bits - 1))[:, :columns]


class Stored:
    """The tensors of OUT's files and what config.json says of them."""

    def __init__(self, out):
        self.tensors = {}
        for file in out.glob("*.safetensors"):
            self.tensors |= load_file(file)
        config = json.loads((out / "config.json").read_text())
        self.groups = list(config["quantization_config"]["config_groups"].values())

    def group(self, module):
        """As loaders choose it: by name before by kind."""
        named = [g for g in self.groups if module in g["targets"]]
        (group,) = named or [g for g in self.groups if "Linear" in g["targets"]]
        return group

    def parts(self, module):
        return {k.removeprefix(f"{module}."): t for k, t in self.tensors.items() if k.startswith(f"{module}.weight")}

    def integers(self, module):
        """q, scales and zero points of [out, in], one for each value."""
        parts, bits = self.parts(module), self.group(module)["weights"]["num_bits"]
        scale, zero_point = parts["weight_scale"], parts.get("weight_zero_point")
        if "weight_packed" in parts:
            rows, columns = parts["weight_shape"].tolist()
            q = unpacked(parts["weight_packed"], bits, columns)
            if zero_point is not None and zero_point.ndim == 2:
                zero_point = unpacked(zero_point.T, bits, rows).T
        else:
            q = parts["weight"].to(torch.int16)
        if zero_point is None:
            zero_point = torch.zeros_like(scale)
        spread = lambda p: p.expand(q.shape) if p.ndim == 1 else p.repeat_interleave(q.shape[1] // p.shape[1], 1)
        return q, spread(scale), spread(zero_point)

    def weight(self, module):
        """(q - zero point) * scale, one rounding to the scale's dtype."""
        q, scale, zero_point = self.integers(module)
        return ((q - zero_point).float() * scale.float()).to(scale.dtype)
