"""The weights of a compressed-tensors directory, as its files have them, and a float checkpoint made of them."""

import json
import shutil

import torch
from safetensors.torch import load_file, save_file
from stored import unpacked


def read_tensors(directory):
    tensors = {}
    for file in sorted(directory.glob("*.safetensors")):
        tensors |= load_file(file)
    return tensors


class Stored:
    """`weights`: {module on disk: (q, scale for each q)}; `kept`: {tensor on disk: values}; `bits` by module."""

    def __init__(self, out):
        self.config = json.loads((out / "config.json").read_text())["quantization_config"]
        groups = self.config["config_groups"].values()
        # Schemes that are mixed here round no activations, or all do in the same way.
        (self.activations,) = {json.dumps(group["input_activations"]) for group in groups}
        self.kept, self.weights, self.bits = read_tensors(out), {}, {}
        for scale_name in [name for name in self.kept if name.endswith(".weight_scale")]:
            module, scale = scale_name.removesuffix(".weight_scale"), self.kept.pop(scale_name)
            if f"{module}.weight_packed" in self.kept:
                _, columns = self.kept.pop(f"{module}.weight_shape").tolist()
                words = self.kept.pop(f"{module}.weight_packed")
                self.bits[module] = 8 if words.shape[1] * 4 >= columns else 4
                q = unpacked(words, self.bits[module], columns)
            else:
                self.bits[module] = 8
                q = self.kept.pop(f"{module}.weight").to(torch.int16)
            self.weights[module] = q, scale.repeat_interleave(q.shape[1] // scale.shape[1], 1)

    def floats(self):
        """Every tensor as a float model has it: kept as it is, or q * scale in the scale's dtype."""
        products = {f"{m}.weight": (q.float() * s.float()).to(s.dtype) for m, (q, s) in self.weights.items()}
        return self.kept | products

    def write_floats(self, source, directory, more=0):
        """The source with its weights replaced by those that are stored here, plus `more` if they are quantized."""
        shutil.copytree(source, directory, ignore=shutil.ignore_patterns("*.safetensors*"))
        tensors = {name: tensor.contiguous() for name, tensor in self.floats().items()}
        tensors |= {f"{m}.weight": tensors[f"{m}.weight"] + more for m in self.weights if more}
        save_file(tensors, directory / "model.safetensors", {"format": "pt"})
