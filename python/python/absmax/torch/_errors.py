"""How the error of quantization grows through the layers of a model."""

import json
import math
import statistics
from dataclasses import asdict, dataclass

import absmax

from ._model import linear_layers, quantize_model, run
from ._plot import plot


@dataclass(frozen=True)
class LayerError:
    """The errors of one Linear layer, as SQNR in decibels and as cosine.

    weight: of its weight. output: of its output, where its input is exact. accumulated: of its output, where everything before it
    is quantized, too; None if the quantized model sent other values to it, as routers do.
    """

    name: str
    shape: tuple[int, int]
    weight_db: float
    weight_cosine: float
    output_db: float
    output_cosine: float
    accumulated_db: float | None
    accumulated_cosine: float | None


class LayerErrors:
    """The errors of all Linear layers, in the order in which the model calls them: see layer_errors()."""

    def __init__(self, scheme, activations, layers):
        self.scheme, self.activations, self.layers = scheme, activations, layers

    def keep(self, below_db=None):
        """The names of the layers to keep as they are: those whose output has an SQNR below some decibels, the worst first.

        What counts is the error that a layer makes itself, where its input is exact. By default the number is 6 dB below the
        median of the layers: such a layer makes more than twice the error of the others. Give the names to `ignore`, and measure
        again.
        """
        if below_db is None:
            below_db = statistics.median(layer.output_db for layer in self.layers) - 6
        worst = sorted((layer for layer in self.layers if layer.output_db < below_db), key=lambda layer: layer.output_db)
        return [layer.name for layer in worst]

    def to_json(self):
        """All of it as JSON. What is not a finite number is null, as the SQNR where there is no error."""
        layers = [{k: finite(v) for k, v in asdict(layer).items()} for layer in self.layers]
        return json.dumps({"scheme": self.scheme, "activations": self.activations, "layers": layers, "keep": self.keep()})

    def plot(self, path):
        """Writes the three SQNRs of every layer as a picture (SVG)."""
        plot(self, path)

    def __str__(self):
        width = max(5, *(len(layer.name) for layer in self.layers))
        lines = [f"{'layer':{width}}  {'shape':>13}  weight dB  output dB  accumulated dB  accumulated cosine"]
        for layer in self.layers:
            shape = f"[{layer.shape[0]}, {layer.shape[1]}]"
            accumulated = [f"{'-':>14}  {'-':>18}"]
            if layer.accumulated_db is not None:
                accumulated = [f"{layer.accumulated_db:14.2f}  {layer.accumulated_cosine:18.6f}"]
            numbers = [f"{layer.weight_db:9.2f}", f"{layer.output_db:9.2f}", *accumulated]
            lines.append("  ".join([f"{layer.name:{width}}", f"{shape:>13}", *numbers]))
        keep = self.keep()
        lines.append(f"layers to keep: {', '.join(keep)}" if keep else "layers to keep: none makes twice the error of the others")
        return "\n".join(lines)

    def __repr__(self):
        return f"LayerErrors({self.scheme!r}, activations={self.activations!r}, {len(self.layers)} layers)"


def layer_errors(model, batches, scheme="w8a8", *, activations="as the scheme", ignore=(), observer="min_max"):
    """The error of every Linear layer of a model that is quantized by a scheme.

    For each layer there are three errors: that of its weight; that of its output, where its input is exact; and that of its
    output where everything before it is quantized, too. They are 10 log10(sum y**2 / sum (y - y')**2) in decibels, and the cosine
    of y and y', over all batches together. The arguments are those of quantize_model(). With static activations the same batches
    calibrate them.

    Returns a LayerErrors, which prints as a table, has to_json() and plot(), and says which layers to keep(). Raises ValueError
    if the batches do not reach a layer.
    """
    batches = list(batches)
    quantized = quantize_model(model, scheme, activations=activations, ignore=ignore, batches=batches, observer=observer)
    names = list(linear_layers(model, ignore))
    exact = {name: model.get_submodule(name) for name in names}
    fakes = {name: quantized.get_submodule(name) for name in names}
    # A layer that stands in two places is measured once, by its first name.
    first = {id(layer): name for name, layer in reversed(exact.items())}
    names = [name for name in names if first[id(exact[name])] == name]

    order, outputs = {}, {}
    own, accumulated = {}, {}

    def note_exact(name):
        def hook(layer, arguments, output):
            order.setdefault(name, len(order))
            outputs.setdefault(name, []).append(output.detach().clone())
            add(own, name, output, fakes[name](arguments[0]))

        return hook

    def note_quantized(name):
        def hook(layer, arguments, output):
            known = outputs.get(name) or [None]
            expected = known.pop(0)
            if expected is None or expected.shape != output.shape or accumulated.get(name, ()) is None:
                accumulated[name] = None
            else:
                add(accumulated, name, expected, output)

        return hook

    training = model.training
    model.eval()
    try:
        for batch in batches:
            with Hooks({exact[name]: note_exact(name) for name in names}):
                run(model, batch)
            with Hooks({fakes[name]: note_quantized(name) for name in names}):
                run(quantized, batch)
            # A layer that the quantized model called less often got other values.
            accumulated.update({name: None for name, left in outputs.items() if left})
            outputs.clear()
    finally:
        model.train(training)
    unseen = [name for name in names if name not in order]
    if unseen:
        raise ValueError(f"batches: they reach every layer but {', '.join(unseen)}: ignore these, or give other batches")

    layers = []
    for name in sorted(names, key=order.get):
        weight = absmax.error_stats(exact[name].weight.detach(), fakes[name].weight.detach())
        a = accumulated.get(name)
        pairs = [weight.sqnr_db, weight.cosine, own[name].sqnr_db, own[name].cosine]
        pairs += [None, None] if a is None else [a.sqnr_db, a.cosine]
        layers.append(LayerError(name, tuple(exact[name].weight.shape), *pairs))
    one = next(iter(fakes.values()))
    kind = one.activations if one.activations in ("dynamic", None) else "static"
    return LayerErrors(scheme, kind, layers)


def finite(value):
    """What JSON has: no infinity and no NaN."""
    return value if not isinstance(value, float) or math.isfinite(value) else None


def add(stats, name, y, approximation):
    """Adds the error of an output to a layer's."""
    more = absmax.error_stats(y.detach(), approximation.detach())
    stats[name] = stats[name].merge(more) if stats.get(name) else more


class Hooks:
    """Forward hooks, for a while."""

    def __init__(self, hooks):
        self.hooks, self.handles = hooks, []

    def __enter__(self):
        self.handles = [layer.register_forward_hook(hook) for layer, hook in self.hooks.items()]

    def __exit__(self, *_):
        for handle in self.handles:
            handle.remove()
