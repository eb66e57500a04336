"""Finds weights that are read directly instead of by calling their module."""

import ast
import functools
import inspect
import textwrap

from torch import nn

# These set up, tie or resize.
NOT_FORWARD = ("_init", "__init__", "init_", "reset_", "tie_", "set_", "get_", "resize_", "_resize", "prune_", "_tie")
# Conditions of what is done in training, and of a debugging aid of BLOOM.
NOT_INFERENCE = ("self.training", "self.slow_but_exact")
# What of a weight says nothing of its values, or is asked of it only.
HARMLESS = {"dtype", "device", "shape", "ndim", "size", "dim", "numel", "requires_grad", "is_cuda"}


@functools.cache
def of(module_class):
    """The modules whose weights the class's own code reads, by their names within it, `*` for an index."""
    if not module_class.__module__.startswith("transformers."):
        return frozenset()
    found = set()
    for name in dir(module_class):
        if name.startswith(NOT_FORWARD):
            continue
        function = inspect.getattr_static(module_class, name)
        if inspect.isfunction(function) and function.__module__.startswith("transformers.models."):
            found |= read_in(inspect.unwrap(function))
    return frozenset(found)


@functools.cache
def read_in(function):
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return frozenset()
    found = set()
    visit(tree, None, found)
    return frozenset(found)


def visit(node, parent, found):
    if isinstance(node, ast.If) and any(word in ast.unparse(node.test) for word in NOT_INFERENCE):
        for child in node.orelse:
            visit(child, node, found)
        return
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "hasattr"):
        return
    if isinstance(node, ast.Attribute) and node.attr == "weight":
        harmless = isinstance(parent, ast.Attribute) and parent.attr in HARMLESS
        name = dotted(node.value)
        if name and not harmless:
            found.add(name)
    for child in ast.iter_child_nodes(node):
        visit(child, node, found)


def dotted(node):
    """`a.b` of `self.a.b`; None of anything else."""
    parts = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        parts.append(node.attr if isinstance(node, ast.Attribute) else "*")
        node = node.value
    return ".".join(reversed(parts)) if isinstance(node, ast.Name) and node.id == "self" else None


def is_called(linear):
    """Whether the Linear computes as one when it is called."""
    if type(linear) is nn.modules.linear.NonDynamicallyQuantizableLinear:
        return False
    forward = type(linear).forward
    if forward is nn.Linear.forward:
        return True
    source = inspect.getsource(forward)
    return any(usual in source for usual in ("super().forward(", "linear(", "@ self.weight.T", "@ self.weight.t()"))
