"""Builds every model class that transformers offers, on the meta device."""

import contextlib
import importlib
import inspect
import signal
import warnings

import torch
from transformers import PreTrainedModel
from transformers.initialization import no_init_weights
from transformers.models.auto import auto_factory, configuration_auto, modeling_auto
from transformers.utils import import_utils, logging

logging.set_verbosity(logging.CRITICAL)
warnings.simplefilter("ignore")
# Losses ask for it, which are not computed here.
import_utils.BACKENDS_MAPPING["scipy"] = (lambda: True, "")

# A class takes tens of milliseconds; some configurations would build for hours.
SECONDS = 20


def mappings():
    """Of each auto class the model types that it knows and the names of the classes that it makes of them."""
    for auto in vars(modeling_auto).values():
        if inspect.isclass(auto) and vars(auto).get("_model_mapping"):
            for model_type, names in auto._model_mapping._model_mapping.items():
                yield auto.__name__, model_type, names if isinstance(names, (tuple, list)) else (names,)


MAPPINGS = list(mappings())


def names_of(model_type):
    """The classes of auto mappings, and what else the modeling module offers for the same configuration."""
    config_class = configuration_auto.CONFIG_MAPPING[model_type]
    package = importlib.import_module(config_class.__module__.rpartition(".")[0])
    found = {}
    for _, other_type, names in MAPPINGS:
        if other_type == model_type:
            for name in names:
                with contextlib.suppress(AttributeError, ImportError):
                    found[name] = getattr(package, name, None) or getattr(importlib.import_module("transformers"), name)
    for name in dir(package):
        with contextlib.suppress(AttributeError, ImportError):
            value = getattr(package, name)
            if inspect.isclass(value) and issubclass(value, PreTrainedModel) and value.config_class is config_class:
                found[name] = value
    return config_class, {k: v for k, v in found.items() if inspect.isclass(v) and not is_abstract(v)}


def is_abstract(model_class):
    """Whether the class is one that others only derive from."""
    return not issubclass(model_class, PreTrainedModel) or model_class.__name__.endswith("PreTrainedModel")


def all_classes():
    """Yields (model type, class, function that builds it), sorted."""
    seen = set()
    for model_type in sorted(configuration_auto.CONFIG_MAPPING_NAMES):
        try:
            config_class, classes = names_of(model_type)
        except (ImportError, AttributeError, ValueError) as e:
            yield model_type, type(model_type, (), {}), raiser(e)
            continue
        for name, model_class in sorted(classes.items()):
            if model_class not in seen:
                seen.add(model_class)
                yield model_type, model_class, lambda c=model_class, k=config_class: build(c, k())


def raiser(error):
    def fail():
        raise error

    return fail


def build(model_class, config):
    """The model without memory for its weights."""

    def stop(*_):
        raise TimeoutError(f"more than {SECONDS} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        with torch.device("meta"), no_init_weights():
            return model_class(config).eval()
    finally:
        signal.alarm(0)


def tag_auto_models():
    """Lets every model that an auto class makes know which one did and from which configuration."""

    def tagging(original):
        def from_config(cls, config, **kwargs):
            model = original(cls, config, **kwargs)
            model.absmax_auto = (cls.__name__, config)
            return model

        return classmethod(from_config)

    for auto in [auto_factory._BaseAutoModelClass, auto_factory._BaseAutoBackboneClass, *vars(modeling_auto).values()]:
        if inspect.isclass(auto) and "from_config" in vars(auto):
            auto.from_config = tagging(vars(auto)["from_config"].__func__)


tag_auto_models()
