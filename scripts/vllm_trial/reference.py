"""What transformers computes with the weights that are stored, and with activations rounded where the scheme says so."""

import json
import shutil

import torch
from safetensors.torch import save_file
from stored import Stored
from transformers import AutoModelForCausalLM


def floats(stored):
    """Every tensor of the float model: (q - zero point) * scale, or what was kept."""
    modules = [name.removesuffix(".weight_scale") for name in stored.tensors if name.endswith(".weight_scale")]
    parts = {f"{module}.{part}" for module in modules for part in stored.parts(module)}
    kept = {name: tensor for name, tensor in stored.tensors.items() if name not in parts}
    return modules, kept | {f"{module}.weight": stored.weight(module).contiguous() for module in modules}


def rounded(layer, x):
    """As vLLM multiplies by int8: x becomes integers by one scale for each token, its abs-max / 127, all in f32."""
    values = x.float()
    scale = values.abs().amax(-1, keepdim=True) / 127
    values = torch.round(values / scale).nan_to_num() * scale
    bias = None if layer.bias is None else layer.bias.float()
    return torch.nn.functional.linear(values, layer.weight.float(), bias).to(x.dtype)


def reference(source, out, directory):
    """The float model. `directory` is written to."""
    stored = Stored(out)
    modules, tensors = floats(stored)
    shutil.copytree(source, directory, ignore=shutil.ignore_patterns("*.safetensors*"))
    save_file(tensors, directory / "model.safetensors", {"format": "pt"})
    model, report = AutoModelForCausalLM.from_pretrained(directory, output_loading_info=True)
    wrong = {kind: names for kind, names in report.items() if names}
    if wrong:
        raise AssertionError(f"the float model does not load: {json.dumps(wrong, default=str)}")
    layers = dict(model.named_modules())
    for module in modules:
        if stored.group(module)["input_activations"]:
            layers[module].forward = rounded.__get__(layers[module])
    return model.eval()


def log_probabilities(model, sequence, count):
    """Of the last `count` tokens of the sequence: the log-probabilities of all tokens, given those before."""
    with torch.no_grad():
        logits = model(torch.tensor([sequence])).logits[0].float()
    return torch.log_softmax(logits, -1)[-count - 1 : -1]
