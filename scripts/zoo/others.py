"""The other classes that users load the same checkpoint by: the base model, or that of a part, such as of texts alone."""

import importlib
import inspect

import transformers
from transformers import PreTrainedConfig, PreTrainedModel

from zoo.architectures import MOST_PARAMETERS, size
from zoo.inputs import find_inputs, outputs
from zoo.judge import REPORTS, Original, Wrong, load

# A class may have no use for some tensors, such as those of a head.
LACKS = tuple(kind for kind in REPORTS if kind != "unexpected_keys")
AUTO_CLASSES = [name for name in dir(transformers) if name.startswith("AutoModel")]


def classes(original):
    """The classes that may find their weights in it, by which users load them."""
    parts = [cls for config in configs_within(original.model.config) for cls in classes_of(config)]
    return [cls for cls in dict.fromkeys(parts) if is_small(cls, original.source)] + autos(original)


def is_small(cls, source):
    """Whether the class finds its part's config there. At its default size a model is a hundred times as large."""
    try:
        return size(cls, cls.config_class.from_pretrained(source)) <= MOST_PARAMETERS
    except TimeoutError:
        raise
    except Exception:
        return False


def configs_within(config):
    """Those of the parts, and of their parts."""
    inner = [value for value in vars(config).values() if isinstance(value, PreTrainedConfig)]
    return inner + [deeper for part in inner for deeper in configs_within(part)]


def classes_of(config):
    """All classes of models of a config's class, which stand beside it."""
    module = type(config).__module__.replace(".configuration_", ".modeling_")
    try:
        found = vars(importlib.import_module(module)).values()
    except ImportError:
        return []
    models = [cls for cls in found if inspect.isclass(cls) and issubclass(cls, PreTrainedModel)]
    return [cls for cls in models if cls.config_class is type(config) and not cls.__name__.endswith("PreTrainedModel")]


def autos(original):
    """Of the auto classes, one for each class other than the original's that they make of the checkpoint."""
    found = {}
    for name in AUTO_CLASSES:
        auto = getattr(transformers, name)
        made = auto._model_mapping.get(type(original.model.config), None)
        for cls in made if isinstance(made, (tuple, list)) else [made]:
            if cls is not None and cls is not original.cls:
                found.setdefault(cls, auto)
                break
    return list(found.values())


def others(original):
    """The original as other classes read it, those that find all of their weights in it and run."""
    found = []
    for cls in classes(original):
        try:
            inputs = inputs_of(load(cls, original.source, LACKS), original.inputs)
            found.append(Original(cls, inputs, original.source, LACKS))
        except (Wrong, ValueError, RuntimeError):
            continue
    return found


def inputs_of(model, known):
    """Those of the class that saved it, if this one takes them."""
    try:
        outputs(model, known)
        return known
    except TimeoutError:
        raise
    except Exception:
        return find_inputs(model)
