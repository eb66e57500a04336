"""Judges a quantized checkpoint by what transformers makes of it.

The measure is a float model: the source's class, read by transformers from ordinary files in which q * scale stands for
every quantized weight. So names that differ on disk and at run time are transformers' own business, on both sides.
"""

import json
import re
from pathlib import Path

import torch
from compressed_tensors.quantization import QuantizationScheme, QuantizationStatus
from compressed_tensors.quantization.lifecycle.forward import set_forward_quantized
from transformers import CompressedTensorsConfig, PreTrainedModel
from transformers.pytorch_utils import Conv1D
from transformers.quantizers.base import _assign_is_quantized

from stored import same_bits
from zoo.inputs import outputs, tensors
from zoo.stored import Stored, read_tensors

REPORTS = ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs")
LEAST_SHARE = 0.5
LEAST_SQNR = 10.0
# Of the largest output: on inputs that are strided, torch may choose another order of the sums for the same layer.
SUMS = 2**-18


class Wrong(Exception):
    """What is wrong with a checkpoint, in a line."""

    by_exception = False


def failed(what, error):
    """That transformers raises is a fault that users notice."""
    if isinstance(error, TimeoutError):
        return error
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    wrong = Wrong(f"{what} raises {type(error).__name__}: {(lines or [''])[-1][:160]}")
    wrong.by_exception = True
    return wrong


def demand(holds, what):
    if not holds:
        raise Wrong(what)


def some(names):
    names = sorted(map(str, names or []))
    return f"{len(names)}, such as {names[0]}" if len(names) > 1 else "".join(names)


def load(cls, directory, reports=REPORTS, **options):
    """The model, or Wrong if transformers fails or reports a difference between the files and the model."""
    try:
        model, info = cls.from_pretrained(directory, output_loading_info=True, **options)
    except Exception as error:
        raise failed("loading", error)
    for kind in reports:
        demand(not info.get(kind), f"loading reports {kind}: {some(info.get(kind))}")
    return model.eval()


def unlike(a, b):
    """The names of the tensors of state dict `a` that `b` has otherwise or lacks."""
    return {name for name, tensor in a.items() if name not in b or not same_bits(tensor, b[name])}


def embeddings(model):
    """The weights of embeddings, and so of the heads that are tied to them, and of other output heads."""
    found = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    return found | ({id(head.weight)} if hasattr(head, "weight") else set())


def body(model):
    """The prefixes of the models inside, if the class holds a base model: what lies outside of them makes outputs."""
    base = model.base_model_prefix
    if not (base and isinstance(getattr(model, base, None), torch.nn.Module)):
        return ("",)
    inner = (n for n, m in model.named_modules() if n and isinstance(m, PreTrainedModel))
    return (f"{base}.", *(f"{n}." for n in inner))


def uses(model, inputs, linears):
    """Of these Linears, those that are called, those whose weights the outputs depend on without that, and those whose
    outputs the model's are."""
    called, made = set(), {}

    def note(name, output):
        called.add(name)
        made[name] = output

    modules = {name: model.get_submodule(name) for name in linears}
    hooks = [m.register_forward_hook(lambda *call, name=name: note(name, call[-1])) for name, m in modules.items()]
    try:
        torch.manual_seed(3)
        found = tensors(model.requires_grad_(True)(**inputs))
        sum(tensor.sum() for tensor in found).backward()
    except RuntimeError:
        # Of what has no gradient, no Linear is known to be used otherwise than by calling it.
        model.zero_grad()
        found = outputs(model, inputs)
    for hook in hooks:
        hook.remove()
    read = {name for name, module in modules.items() if module.weight.grad is not None} - called
    memory = {tensor.untyped_storage().data_ptr() for tensor in found}
    # A router, which is a Linear to transformers, may return several.
    is_outer = lambda made: any(tensor.untyped_storage().data_ptr() in memory for tensor in tensors(made))
    outer = {name for name, output in made.items() if is_outer(output)}
    model.zero_grad()
    model.requires_grad_(False)
    return called, read, outer


class Original:
    """A float model as it was saved, in one of the two ways, and what may be quantized of it.

    `cls` is the class that loads it, and `reports` are the differences that it may not find.
    """

    def __init__(self, cls, inputs, source, reports=REPORTS):
        self.cls, self.source, self.inputs, self.reports = cls, source, inputs, reports
        self.model = load(cls, source, reports)
        self.state = self.model.state_dict()
        self.files = read_tensors(source)
        fixed = embeddings(self.model)
        modules = {n: m for n, m in self.model.named_modules() if hasattr(m, "weight")}
        linear = {n for n, m in modules.items() if isinstance(m, torch.nn.Linear) and id(m.weight) not in fixed}
        self.called, read, outer = uses(self.model, inputs, linear)
        # Heads may be quantized, but nobody has to. A class for a task may have one without a base model.
        has_head = re.search("For[A-Z]", self.cls.__name__) and body(self.model) == ("",)
        heads = {n for n in linear if not n.startswith(body(self.model))} | (outer if has_head else set())
        # A weight that is read without calling its module has to stay what it is.
        self.linears = linear - heads - read
        experts = {n for n, p in self.model.named_parameters() if p.ndim == 3 and "expert" in n}
        conv1d = {f"{n}.weight" for n, m in modules.items() if isinstance(m, Conv1D)}
        self.experts = experts
        self.main = {f"{n}.weight" for n in self.linears} | experts
        self.quantizable = {f"{n}.weight" for n in linear} | experts | conv1d


def saved(model, inputs, source):
    """The model as the class that saved it reads it again."""
    original = Original(type(model), inputs, source)
    demand(not unlike(model.state_dict(), original.state), "transformers does not read what it saves")
    return original


class Meant:
    """The float model with the stored weights, and which of its modules have them."""

    def __init__(self, original, stored, directory):
        self.check_files(original, stored)
        stored.write_floats(original.source, directory)
        try:
            self.model = load(original.cls, directory, original.reports)
        except Wrong as wrong:
            raise Wrong(f"a float model with these names: {wrong}")
        self.state = self.model.state_dict()
        # Some weights are not changed by being quantized, so this is seen in a model of other ones.
        marked = directory.with_name(f"{directory.name}-marked")
        stored.write_floats(original.source, marked, more=1)
        self.quantized = unlike(self.state, load(original.cls, marked, original.reports).state_dict())
        changed = unlike(original.state, self.state) - self.quantized
        demand(not changed, f"kept, but not the original's: {some(changed)}")
        alien = self.quantized - original.quantizable
        demand(not alien, f"quantized, though a head or no Linear: {some(alien)}")
        for name in self.quantized:
            x, y = original.state[name].double(), self.state[name].double()
            noise = ((x - y) ** 2).sum()
            sqnr = 10 * torch.log10((x**2).sum() / noise).item()
            demand(noise == 0 or sqnr >= LEAST_SQNR, f"{name} is not near the original's: {sqnr:.1f} dB")
        size = lambda names: sum(original.state[n].numel() for n in names)
        self.share = size(self.quantized & original.main) / size(original.main) if original.main else 1.0
        self.left = original.main - self.quantized

    @staticmethod
    def check_files(original, stored):
        """Kept tensors have the source's bits; integers are the nearest to the source's weights."""
        changed = {n for n, t in stored.kept.items() if n in original.files and not same_bits(t, original.files[n])}
        demand(not changed, f"kept, but not the original's: {some(changed)}")
        for module, (q, scale) in stored.weights.items():
            if f"{module}.weight" not in original.files:
                continue
            x, steps = original.files[f"{module}.weight"].double(), scale.double()
            error = (x - q.double() * steps).abs() / steps
            limit = 2 ** (stored.bits[module] - 1)
            inside = (q > -limit) & (q < limit - 1)
            # At the ends a scale that was rounded may be a little small.
            near = error.max() <= 1.01 and error[inside].max() <= 0.5 + 2**-16
            demand(near, f"{module}: q is not the nearest integer")

    def round_activations(self, stored):
        """Makes the quantized Linears round what goes in as the loader does, if the scheme says so.

        Some models compute otherwise if they are marked as quantized, as the loader marks them.
        """
        _assign_is_quantized(self.model)
        if not (activations := json.loads(stored.activations)):
            return
        scheme = QuantizationScheme(targets=["Linear"], input_activations=activations)
        for name, module in self.model.named_modules():
            if f"{name}.weight" in self.quantized and isinstance(module, torch.nn.Linear):
                module.quantization_scheme, module.quantization_status = scheme, QuantizationStatus.COMPRESSED
                set_forward_quantized(module)


def settled(model):
    """The model with its weights in memory of their own: sums of products may depend on where a mapped file begins."""
    for tensor in [*model.parameters(), *model.buffers()]:
        tensor.data = tensor.data.clone()
    return model


def judge(original, out, work, dequantize=False):
    """What is meant by the files of `out`; Wrong if what transformers loads is not that. `work` is written to."""
    stored = Stored(out)
    meant = Meant(original, stored, work)
    options = {"quantization_config": CompressedTensorsConfig(dequantize=True)} if dequantize else {}
    model = load(original.cls, out, original.reports, **options)
    if not dequantize:
        rounding = {n for n, m in model.named_modules() if getattr(m, "quantization_scheme", None)}
        modules = {n.removesuffix(".weight") for n in meant.quantized - original.experts}
        demand(rounding == modules, f"taken for quantized or for not by mistake: {some(rounding ^ modules)}")
        meant.round_activations(stored)
    try:
        outputs(model, original.inputs)
    except Exception as error:
        raise failed("forward", error)
    # Only now: the first forward pass is what decompresses.
    wrong = unlike(meant.state, model.state_dict())
    demand(not wrong, f"loaded, it is neither q * scale nor the original's: {some(wrong)}")
    found, expected = (outputs(settled(m), original.inputs) for m in (model, meant.model))
    demand(len(found) == len(expected), "other outputs")
    for a, b in zip(found, expected):
        demand(a.shape == b.shape, "outputs of other shapes")
        error, largest = (a - b).abs().max(), b.abs().max()
        demand(same_bits(a, b) or error <= SUMS * largest, f"outputs differ by {error:.3g} of {largest:.3g}")
    return meant
