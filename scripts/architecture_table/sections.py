"""Gathers by class what its modules are, over all models and variants in which the class occurs."""

import re
from dataclasses import dataclass, field

from . import kinds


@dataclass
class Section:
    model_type: str
    base: str
    # Module name -> kind
    kinds: dict = field(default_factory=dict)
    # Module name -> class
    models: dict = field(default_factory=dict)
    # Module name -> (configuration key, auto class, class)
    swaps: dict = field(default_factory=dict)


class Table:
    def __init__(self):
        self.sections = {}

    def add(self, model, model_type=None):
        """Adds what is in `model` to the section of its class, and of the classes of the models inside."""
        name = type(model).__name__
        model_type = model_type or model.config.model_type or "-"
        section = self.sections.setdefault(name, Section(model_type, kinds.base_of(model)))
        found, models = kinds.of(model)
        for module, kind in found.items():
            if section.kinds.setdefault(module, kind) != kind:
                section.kinds[module] = "other"
        for module, inner in models.items():
            module = re.sub(r"(?<![^.])\d+(?![^.])", "*", module)
            auto = getattr(inner, "absmax_auto", None)
            key = auto and key_of(model.config, auto[1])
            if key:
                section.swaps.setdefault(module, (key, auto[0], type(inner).__name__))
            else:
                section.models.setdefault(module, type(inner).__name__)
            self.add(inner)


def key_of(config, wanted, depth=2):
    """The key under which `config` holds the configuration `wanted`, or one equal to it."""
    inner = {k: v for k, v in vars(config).items() if hasattr(v, "model_type")}
    for key, value in sorted(inner.items()):
        if value is wanted:
            return key
    for key, value in sorted(inner.items()):
        if value.model_type == wanted.model_type and value.to_dict() == wanted.to_dict():
            return key
    for key, value in sorted(inner.items()):
        if depth and (found := key_of(value, wanted, depth - 1)):
            return f"{key}.{found}"
    return None
