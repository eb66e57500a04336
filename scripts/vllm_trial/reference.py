"""What transformers computes with the stored weights, and with activations rounded where the scheme says so."""

import json
import shutil
from functools import partial

import torch
from safetensors.torch import save_file
from stored import Stored
from transformers import AutoModelForCausalLM
from vllm_trial.cpu import VNNI


def floats(stored):
    """Every tensor of the float model: (q - zero point) * scale, or what was kept."""
    modules = [name.removesuffix(".weight_scale") for name in stored.tensors if name.endswith(".weight_scale")]
    parts = {f"{module}.{part}" for module in modules for part in stored.parts(module)}
    kept = {name: tensor for name, tensor in stored.tensors.items() if name not in parts}
    return modules, kept | {f"{module}.weight": stored.weight(module).contiguous() for module in modules}


def int8_products(a, b):
    """a b^T of integers, saturated where the CPU does it: a + 128, which is unsigned, times b, in pairs."""
    if VNNI:
        return a @ b.T
    pairs = sum(((a + 128)[:, None, i::2] * b[None, :, i::2]) for i in (0, 1))
    return pairs.clamp(-(2**15), 2**15 - 1).sum(-1) - 128 * b.sum(-1)


def rounded(integers, scales, layer, x):
    """As vLLM multiplies by int8: x becomes integers by one scale for each token, its abs-max / 127, all in f32."""
    values = x.float().flatten(0, -2)
    scale = values.abs().amax(-1, keepdim=True) / 127
    q = torch.round(values / scale).nan_to_num()
    product = int8_products(q, integers) * scale * scales
    if layer.bias is not None:
        product += layer.bias.float()
    return product.to(x.dtype).unflatten(0, x.shape[:-1])


def reference(source, out, directory, dtype):
    """The float model, which computes in `dtype`. `directory` is written to."""
    stored = Stored(out)
    modules, tensors = floats(stored)
    shutil.copytree(source, directory, ignore=shutil.ignore_patterns("*.safetensors*"))
    save_file(tensors, directory / "model.safetensors", {"format": "pt"})
    model, report = AutoModelForCausalLM.from_pretrained(directory, output_loading_info=True, dtype=dtype)
    wrong = {kind: names for kind, names in report.items() if names}
    if wrong:
        raise AssertionError(f"the float model does not load: {json.dumps(wrong, default=str)}")
    layers = dict(model.named_modules())
    for module in modules:
        if stored.group(module)["input_activations"]:
            q, scale, zero_point = stored.integers(module)
            layers[module].forward = partial(rounded, (q - zero_point).float(), scale[:, 0].float(), layers[module])
    return model.eval()


def log_probabilities(model, sequence, count):
    """Of the last `count` tokens of the sequence: the log-probabilities of all tokens, given those before."""
    with torch.no_grad():
        logits = model(torch.tensor([sequence])).logits[0].float()
    return torch.log_softmax(logits, -1)[-count - 1 : -1]
