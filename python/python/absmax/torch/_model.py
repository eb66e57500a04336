"""Fake-quantizes the Linear layers of a model."""

import copy
import re

import torch

import absmax
from absmax._absmax import _weight_scheme

from ._linear import FakeQuantizedLinear


def quantize_model(model, scheme="w8a8", *, activations="as the scheme", ignore=(), batches=None, observer="min_max"):
    """A copy of a model whose Linear layers compute with quantized weights, and activations.

    scheme is the text that quantize_checkpoint() takes: "w8a8", "w8a16" or "w4a16", with what differs from its defaults after
    commas, as in "w4a16,group=64,asymmetric". The scales of the weights are rounded to the type of the weights.

    activations is "dynamic" (symmetric int8, a scale for each token, computed when the model runs), "static" (symmetric int8, one
    scale for each layer, from what an Observer of the kind `observer` sees while the exact model runs on `batches`) or None (they
    stay). By default it is "dynamic" if the scheme has activations, as "w8a8" does, and None otherwise.

    ignore names layers that stay as they are, by their names or as "re:PATTERN", which has to match all of a name.

    batches is an iterable of inputs: each a dict of keywords, a tuple of arguments, or one argument.

    The model has to be in main memory. Raises ValueError if a pattern of ignore matches nothing, if no layer is left, or if a
    batch never reaches a layer that is to be calibrated.
    """
    activations = chosen(scheme, activations)
    layers = linear_layers(model, ignore)
    if activations == "static":
        inputs = calibrated(model, layers, batches, observer)
    else:
        inputs = dict.fromkeys(layers, activations)
    quantized = copy.deepcopy(model)
    made = {}
    for name in layers:
        linear = quantized.get_submodule(name)
        # A layer that stands in two places is one layer in the copy, too.
        if id(linear) not in made:
            made[id(linear)] = (linear, FakeQuantizedLinear(linear, scheme, inputs[name]))
        parent, _, child = name.rpartition(".")
        setattr(quantized.get_submodule(parent), child, made[id(linear)][1])
    return quantized.eval()


def chosen(scheme, activations):
    """How activations are quantized."""
    _, _, has_activations = _weight_scheme(scheme)
    if activations == "as the scheme":
        return "dynamic" if has_activations else None
    if activations not in ("dynamic", "static", None):
        raise ValueError(f'activations: "dynamic", "static" or None expected, {activations!r} found')
    return activations


def linear_layers(model, ignore=()):
    """{name: layer} of all Linear layers that are not ignored."""
    if isinstance(model, torch.nn.Linear):
        raise ValueError("model: a module with Linear layers in it expected, a Linear found: put it into a Sequential")
    layers = {n: m for n, m in model.named_modules(remove_duplicate=False) if isinstance(m, torch.nn.Linear)}
    for pattern in ignore:
        matches = re.compile(pattern[3:]).fullmatch if pattern.startswith("re:") else pattern.__eq__
        found = [name for name in layers if matches(name) not in (None, False)]
        if not found:
            raise ValueError(f"ignore: {pattern!r} matches no Linear layer that is left")
        for name in found:
            del layers[name]
    if not layers:
        raise ValueError("model: Linear layers expected, none found")
    return layers


def run(model, batch):
    """Runs a model on one batch."""
    with torch.no_grad():
        if isinstance(batch, dict) or hasattr(batch, "keys"):
            return model(**batch)
        return model(*batch) if isinstance(batch, (tuple, list)) else model(batch)


def calibrated(model, layers, batches, kind):
    """{name: (scale, zero point)} of the inputs of layers, as an observer of each sees them."""
    if batches is None:
        raise ValueError("batches: inputs to calibrate static activations with expected, None found")
    observers = {id(layer): absmax.Observer(kind) for layer in layers.values()}
    seen = set()

    def observe(layer, arguments):
        observers[id(layer)].observe(arguments[0].detach())
        seen.add(id(layer))

    hooks = [layer.register_forward_pre_hook(observe) for layer in {id(v): v for v in layers.values()}.values()]
    training = model.training
    model.eval()
    try:
        for batch in batches:
            run(model, batch)
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    unseen = [name for name, layer in layers.items() if id(layer) not in seen]
    if unseen:
        raise ValueError(f"batches: they reach every layer but {', '.join(unseen)}: ignore these, or give other batches")
    return {name: observers[id(layer)].params("int8") for name, layer in layers.items()}
