"""Finds the configurations of a model type that may have other modules than the default one.

The fields that the code of a model type decides by are those in its conditions; each is changed alone.
"""

import ast
import functools
import inspect
import sys

# A size that a missing one can have, and that heads and groups divide.
SIZE = 64
# So many layers show all kinds of them: the first ones often differ.
LAYERS = 8


def of(config_class):
    """Yields the changes to a default configuration, as {field: value}."""
    fields = vars(config_class())
    decided, words = decisions(config_class)
    for name in sorted(decided & fields.keys()):
        for value in others(name, fields[name], words.get(name, set())):
            yield {name: value}


def others(name, value, words):
    """The values worth a try in place of `value`, where `words` are those that the code knows."""
    if isinstance(value, bool):
        return [not value]
    if value is None:
        return sorted(words) or [SIZE, True]
    if isinstance(value, int):
        if name.startswith(("num_hidden_layers", "num_layers", "vocab_size")) or name.endswith("token_id"):
            return []
        return [None, value // 2] if value > 1 else [1 - value, 4]
    if isinstance(value, float):
        return [0.0] if value else [0.5]
    if isinstance(value, str):
        return sorted(words - {value})
    if isinstance(value, (list, tuple)) and value and all(isinstance(v, str) for v in value):
        return [[word] * len(value) for word in sorted({*words, *value})]
    return []


@functools.cache
def decisions(config_class):
    """The names in the conditions of the modeling and configuration code, and the words they are compared with."""
    decided, words = set(), {}
    package = config_class.__module__.rpartition(".")[0]
    for name, module in sorted(sys.modules.items()):
        if not name.startswith((package + ".modeling_", package + ".configuration_")):
            continue
        for test in conditions(ast.parse(inspect.getsource(module))):
            names = {getattr(n, "attr", None) or getattr(n, "id", None) for n in ast.walk(test)} - {None}
            decided |= names
            if isinstance(test, ast.Compare):
                constants = {n.value for n in ast.walk(test) if isinstance(n, ast.Constant)}
                for known in names:
                    words.setdefault(known, set()).update(c for c in constants if isinstance(c, str))
    if {"feed_forward_proj"} & set(vars(config_class())):
        # The configuration takes it apart.
        decided.add("feed_forward_proj")
        words.setdefault("feed_forward_proj", set()).update({"relu", "gated-gelu"})
    for listed in ("layer_types", "layers_block_type"):
        words[listed] = {w for known, found in words.items() if "type" in known for w in found}
    return decided, words


def conditions(tree):
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.IfExp)):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, (ast.Compare, ast.BoolOp)):
            yield node


def shortened(config):
    """Leaves fewer layers, which takes less time."""
    for name in ("num_hidden_layers", "num_layers", "encoder_layers", "decoder_layers", "n_layer", "n_layers"):
        value = vars(config).get(name)
        if isinstance(value, int) and value > LAYERS:
            setattr(config, name, LAYERS)
    return config
