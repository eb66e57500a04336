"""Finds what the classes of one type call the modules of each other's checkpoints.

A model of images and text may be loaded by a class for text alone, in whose running model the names differ: `model.layers`
is `model.language_model.layers` in the class that wrote it.
"""

from transformers.conversion_mapping import get_model_conversion_mapping
from transformers.core_model_loading import WeightConverter, WeightRenaming, rename_source_key

from . import kinds, renames


def found(models, config_class):
    """{class: {(prefix, prefix in another class)}} of the classes in `models`, {class: model}, that are of this type."""
    result = {}
    for name, model in models.items():
        if type(model).config_class is not config_class:
            continue
        # A weight that is split on disk or made otherwise would give the name of any of its parts.
        written = [(source, disk) for how, source, disk in renames.as_written(model) if how in ("rename", "merge")]
        rules = set()
        for other in models.values():
            called = names_in(other, [disk for _, disk in written])
            pairs = {(plain(source), plain(called[disk])) for source, disk in written if disk in called}
            rules |= renames.rules({pair for pair in pairs if not differ_by_base(*pair, model, other)}).items()
        if rules:
            result[name] = rules
    return result


def names_in(model, keys):
    """What the running model calls these keys of a checkpoint, as far as it has them."""
    changes = get_model_conversion_mapping(model)
    of_kind = lambda kind: [change for change in changes if isinstance(change, kind)]
    renamings, converters, state = of_kind(WeightRenaming), of_kind(WeightConverter), model.state_dict()
    base = model.base_model_prefix
    called = {key: rename_source_key(key, renamings, converters, base, state)[0] for key in keys}
    return {key: name for key, name in called.items() if name in state}


def differ_by_base(name, other_name, model, other):
    """Whether the names are equal but for the base model's, which every loader adds or drops."""
    bases = [base and f"{base}." for base in (kinds.base_of(model), other.base_model_prefix)]
    return name.removeprefix(bases[0]) == other_name.removeprefix(bases[1]) or name == other_name


def plain(key):
    return renames.module(renames.star(key))
