"""The other classes that users load the same checkpoint by: the base model, or the text model of images and text."""

import transformers

from zoo.inputs import find_inputs, outputs
from zoo.judge import REPORTS, Original, Wrong, load

# A class may have no use for some tensors, such as those of a head.
LACKS = tuple(kind for kind in REPORTS if kind != "unexpected_keys")
AUTO_CLASSES = [name for name in dir(transformers) if name.startswith("AutoModel")]


def classes(original):
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
    for auto in classes(original):
        try:
            inputs = inputs_of(load(auto, original.source, LACKS), original.inputs)
            found.append(Original(auto, inputs, original.source, LACKS))
        except (Wrong, ValueError, RuntimeError):
            continue
    return found


def inputs_of(model, known):
    """Those of the class that saved it, if this one takes them."""
    try:
        outputs(model, known)
        return known
    except Exception:
        return find_inputs(model)
