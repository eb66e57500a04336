"""The package as a whole: its stubs, its documentation, its name."""

import ast
import inspect
from importlib.metadata import version
from pathlib import Path

import absmax
import pytest

STUB = ast.parse((Path(absmax.__file__).parent / "__init__.pyi").read_text())
ITEMS = {item.name: item for item in STUB.body if isinstance(item, (ast.FunctionDef, ast.ClassDef))}


def test_version():
    assert absmax.__version__ == version("absmax") == "0.1.0"


def test_stubs_name_what_there_is():
    assert sorted(absmax.__all__) == sorted(name for name in dir(absmax) if name[0] != "_" and name != "torch")
    assert set(ITEMS) == set(absmax.__all__)
    assert (Path(absmax.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", ITEMS)
def test_stubs_are_true(name):
    """Signatures and documentation of the stub are those of the module."""
    item, found = ITEMS[name], getattr(absmax, name)
    assert ast.get_docstring(item) == inspect.getdoc(found)
    if isinstance(item, ast.FunctionDef):
        pairs = [(item, found)]
    else:
        pairs = [(method, getattr(found, method.name)) for method in item.body if isinstance(method, ast.FunctionDef)]
        pairs = [(method, function) for method, function in pairs if not method.name.startswith("__") and callable(function)]
    for stub, function in pairs:
        if any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in stub.decorator_list):
            continue
        arguments = stub.args
        names = [argument.arg for argument in arguments.posonlyargs + arguments.args + arguments.kwonlyargs]
        assert names == list(inspect.signature(function).parameters)
        assert ast.get_docstring(stub) == inspect.getdoc(function)
