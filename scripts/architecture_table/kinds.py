"""Says what the modules of a model are.

    linear      nn.Linear, or a class derived from it, that is called: what compressed-tensors' target `Linear` matches
    linear-init a linear of a class whose `_init_weights` reads the Linear's `weight`: a packed weight has none, and
                transformers calls `_init_weights` while it loads
    head        a Linear that makes outputs, or shares its weight with another module: it may have no tensor of its own
    router      sends tokens to experts, or weighs them: a Linear, or a matrix
    embedding   nn.Embedding
    conv1d      transformers' Conv1D: a Linear with its weight stored as [in, out]
    conv        nn.Conv1d and its kin
    experts-oi  stacked experts [E, out, in]; the name is that of the parameter, `.weight` included
    experts-io  stacked experts [E, in, out]
    other       has a weight of two dimensions and is none of these, or a Linear whose weight is not used by calling it:
                read directly by the code around it, or by torch itself (nn.MultiheadAttention)

A weight of three dimensions or more is nobody's business but for stacked experts and convolutions, so where a variant
has a Linear in the place of what has one, it is a Linear whenever its weight has two dimensions.
"""

import inspect
import re
from collections import defaultdict

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from . import reads, renames

ROUTER_CLASS = re.compile(r"(Router|Gating|MoE\w*Gate)$")
ROUTER_NAME = re.compile(r"(^|_)(gate|router|wg)$")
EXPERTS_UP = re.compile(r"up|gate|w1|w3|input")


def is_linear(module):
    return isinstance(module, nn.Linear)


def of(model):
    """The kind of each module of `model` by its name with `*`, and the models inside it by theirs.

    What is inside those models is theirs to say, but for heads that `model` ties and weights that it initializes.
    """
    walk = Walk(model)
    walk.visit(model, (), (model,))
    heads = heads_of(model, walk)
    kinds = defaultdict(set)
    for parts, kind in walk.found:
        name = ".".join(part for part, _ in parts)
        if kind in ("linear", "linear-init", "other") and name in heads:
            kind = "head"
        kinds[starred(parts)].add((name, parts, kind))
    result = {}
    for name, modules in kinds.items():
        if len({kind for *_, kind in modules}) == 1:
            result[name] = next(iter(modules))[2]
            continue
        # The places of an nn.Sequential are fixed, those of a list depend on the configuration.
        for _, parts, kind in sorted(modules):
            exact = starred(parts, sequential=False)
            result[exact] = both(result.get(exact, kind), kind)
    for name in heads:
        if not any(".".join(part for part, _ in parts) == name for parts, _ in walk.found):
            result[renames.star(name)] = "head"
    for name in initialized_inside(model, walk.models):
        result.setdefault(renames.star(name), "linear-init")
    return result, walk.models


def both(kind, other):
    """The kind of a module that is of either, depending on what is not known here: it is kept if that is safe only."""
    if kind == other:
        return kind
    return "linear-init" if {kind, other} == {"linear", "linear-init"} else "other"


def starred(parts, sequential=True):
    """The name with `*` for indices; those of an nn.Sequential only if `sequential`."""
    return ".".join(part if fixed and not sequential else renames.star(part) for part, fixed in parts)


class Walk:
    """Finds the modules of a model. A name is a tuple of (part, whether it is a place in an nn.Sequential)."""

    def __init__(self, model):
        self.model = model
        self.config = model.config
        self.found = []
        self.models = {}
        self.read = set()

    def visit(self, module, parts, path):
        read = reads.of(type(module))
        prefix = ".".join(part for part, _ in parts)
        self.read |= {f"{prefix}.{name}".strip(".") for name in read}
        for name, child in module._modules.items():
            if child is None or child in path:
                continue
            inner = (*parts, (name, isinstance(module, nn.Sequential)))
            if isinstance(child, PreTrainedModel):
                self.models[".".join(part for part, _ in inner)] = child
                continue
            self.classify(inner, child, module, path)
            self.visit(child, inner, (*path, child))

    def classify(self, parts, module, parent, path):
        name = ".".join(part for part, _ in parts)
        weight = getattr(module, "weight", None)
        weight = weight if isinstance(weight, torch.Tensor) else None
        for parameter, tensor in module._parameters.items():
            if tensor is not None and tensor.dim() == 3 and self.is_experts(module, tensor, name):
                layout = self.layout(module, parameter, tensor, name)
                self.found.append(((*parts, (parameter, False)), layout))
                weight = None if parameter == "weight" else weight
        if isinstance(module, nn.Embedding):
            self.found.append((parts, "embedding"))
        elif isinstance(module, Conv1D):
            self.found.append((parts, "conv1d"))
        elif isinstance(module, nn.modules.conv._ConvNd):
            self.found.append((parts, "conv"))
        elif is_linear(module) and not self.is_router(parts, module, parent, path):
            called = name not in self.read and reads.is_called(module)
            kind = "linear-init" if initializes(self.model, path, module, parts[-1][0]) else "linear"
            self.found.append((parts, kind if called else "other"))
        elif weight is not None and weight.dim() == 2:
            self.found.append((parts, "router" if self.is_router(parts, module, parent, path) else "other"))

    def is_router(self, parts, module, parent, path):
        if any(ROUTER_CLASS.search(type(m).__name__) for m in (module, *path)):
            return True
        siblings = [name for m in path[-2:] for name in m._modules]
        experts = any("experts" in name or name == "expert" for name in siblings)
        return experts and any(ROUTER_NAME.search(part) for part, _ in parts[-2:])

    def is_experts(self, module, tensor, name):
        if isinstance(module, nn.modules.conv._ConvNd):
            return False
        return "expert" in type(module).__name__.lower() or "experts" in name.split(".")

    def layout(self, module, parameter, tensor, name):
        if hasattr(module, "is_transposed"):
            return "experts-io" if module.is_transposed else "experts-oi"
        config = self.config.get_text_config()
        hidden = getattr(config, "hidden_size", None)
        _, rows, columns = tensor.shape
        up = EXPERTS_UP.search(f"{name.rpartition('.')[2]}.{parameter}" if parameter == "weight" else parameter)
        if rows == columns or hidden not in (rows, columns):
            if "linear(" not in inspect.getsource(type(module)):
                raise ValueError(f"{type(module).__name__}.{parameter}: cannot tell its layout")
            return "experts-oi"
        return "experts-oi" if (columns == hidden) == bool(up) else "experts-io"


INITIALIZES = {}


def initializes(model, path, module, leaf):
    """Whether `_init_weights` fails for a Linear without `weight`, or for a module around it."""
    key = (type(model), *map(type, path), type(module), leaf)
    if key not in INITIALIZES:
        INITIALIZES[key] = reads_weights(model, [module], (module, *path))
    return INITIALIZES[key]


def initialized_inside(model, models):
    """The names of the Linears of models inside `model` of which its own `_init_weights` reads the `weight`."""
    inside = [(f"{at}.{name}", m) for at, inner in models.items() for name, m in inner.named_modules() if is_linear(m)]
    if not reads_weights(model, [linear for _, linear in inside], [model]):
        return []
    return [name for name, linear in inside if reads_weights(model, [linear], [model])]


def reads_weights(model, linears, modules):
    """Whether `_init_weights` of one of `modules` fails if these Linears have no `weight`."""
    weights = [linear._parameters.pop("weight", None) for linear in linears]
    try:
        for module in modules:
            model._init_weights(module)
    except AttributeError as e:
        return "weight" in str(e)
    except Exception:
        return False
    finally:
        for linear, weight in zip(linears, weights):
            linear._parameters["weight"] = weight
    return False


def heads_of(model, walk):
    """The names of the Linears that make outputs, or share their weights."""
    names = {id(m): n for n, m in model.named_modules()}
    heads = set()
    try:
        output = model.get_output_embeddings()
    except (NotImplementedError, AttributeError):
        output = None
    if is_linear(output) and id(output) in names:
        heads.add(names[id(output)])
    modules = dict(model.named_modules(remove_duplicate=False))
    for pair in tied(model).items():
        for parameter in pair:
            name = parameter.removesuffix(".weight")
            if name != parameter and is_linear(modules.get(name)):
                heads.add(name)
    base = base_of(model)
    # A class for a task may hold the models that it is made of without a base: what it adds to them lies no deeper.
    task = bool(re.search(r"For[A-Z]", type(model).__name__)) and bool(walk.models)
    for parts, kind in walk.found:
        added = parts[0][0] != base if base != "base" else task and len(parts) <= 2
        if added and kind.startswith("linear"):
            heads.add(".".join(part for part, _ in parts))
    return heads


def base_of(model):
    """The attribute under which the model holds its base model, or `base`."""
    prefix = model.base_model_prefix
    return prefix if prefix and isinstance(getattr(model, prefix, None), nn.Module) else "base"


def tied(model):
    """The parameters that the model ties if its configuration says so."""
    config, before = model.config, getattr(model.config, "tie_word_embeddings", None)
    config.tie_word_embeddings = True
    try:
        return model.get_expanded_tied_weights_keys()
    finally:
        config.tie_word_embeddings = before
