"""The format of the table, and its writer.

The first line names the version of transformers. Every class has a section: a line with its name, its model type (as
config.json says it) and its base: the attribute under which it holds its base model, or `base` if it holds none. Names
are those of modules at run time, without `.weight`; `*` stands for a number, between dots or after `_`. The section's
lines are:

    KIND PREFIX: LEAF LEAF      modules PREFIX.LEAF of this kind; the prefix may be empty
    = PREFIX CLASS              a model inside the model: the section of CLASS under PREFIX
    @ PREFIX KEY AUTO CLASS     a model inside that the user may swap: made from the sub-configuration KEY (dots for
                                nested keys) by the auto class AUTO; CLASS is the one at the default configuration
    auto AUTO: TYPE TYPE        the auto class AUTO makes this class for these model types
    rename NAME DISK            on disk the module NAME is called DISK; if both end in a dot, or are a dot alone for
                                nothing, they are prefixes: the longest one wins, and a whole name before all
    also NAME DISK              a prefix as in `rename` that a checkpoint may have or not: loaders take either
    elsewhere NAME OTHER        a prefix, as in `rename`: another class of this type, which loads the same checkpoint, has
                                OTHER for it in the running model
    merge NAME DISK             the module or parameter NAME is made of several on disk, DISK is one of them
    split NAME DISK             NAME is some rows of the weight of DISK
    convert NAME DISK           NAME is made of DISK in another way: its values are moved, it is a parameter that is no
                                module's weight, or it is renamed by the whole name of the weight, which scales lack
    unloadable                  transformers loads no quantized model of this class
    needs END                   it does so only if a module is quantized whose name at run time ends in END
    key KEY                     of a whole model's configuration, the class reads the sub-configuration KEY, where there is
                                one, and nothing else; or else the one of its model type

NAME is in these the name that the models inside give: theirs apply first. They hold for the section's model type: another
one that the same class serves (`auto`) may have other names on disk, which the table does not know.

A section's own lines win over those of the sections that it refers to. A name without `*` wins over one with it.
`kinds` says what the kinds are. Sections without a model type of their own are of models that occur in others only.
"""

from collections import defaultdict

import transformers

from . import renames
from .builds import MAPPINGS


# scripts/check-zoo has shown that transformers converts none of their weights in a quantized model.
UNLOADABLE = {"Inkling2TextModel", "Inkling2LoopTextModel"}


def table(table):
    """The whole file."""
    used = {auto for section in table.sections.values() for _, auto, _ in section.swaps.values()}
    autos = defaultdict(lambda: defaultdict(set))
    for auto, model_type, names in MAPPINGS:
        if auto in used:
            autos[names[0]][auto].add(model_type)
    lines = [f"transformers {transformers.__version__}"]
    for name, section in sorted(table.sections.items()):
        lines.append(f"{name} {section.model_type} {section.base}")
        lines += [f"  auto {auto}: {' '.join(sorted(types))}" for auto, types in sorted(autos[name].items())]
        lines += ["  unloadable"] * (section.patched or name in UNLOADABLE)
        lines += [f"  needs {end}" for end in sorted(set(renames.needed(name, section.model_type)))]
        lines += [f"  key {section.key}"] * bool(section.key)
        lines += [f"  = {prefix} {name}" for prefix, name in sorted(section.models.items())]
        lines += [f"  @ {prefix} {' '.join(swap)}" for prefix, swap in sorted(section.swaps.items())]
        lines += [f"  rename {a or '.'} {b or '.'}" for a, b in sorted(section.renames.items())]
        lines += [f"  also {a} {b}" for a, b in sorted(renames.prefixes(name, section.model_type))]
        lines += [f"  elsewhere {a or '.'} {b or '.'}" for a, b in sorted(section.elsewhere)]
        made_of = sorted((how, module, disk) for module, found in section.made_of.items() for how, disk in found)
        lines += [f"  {how} {module} {disk}" for how, module, disk in made_of]
        groups = defaultdict(set)
        for module, kind in section.kinds.items():
            prefix, _, leaf = module.rpartition(".")
            groups[kind, prefix].add(leaf)
        lines += [f"  {kind} {prefix}: {' '.join(sorted(leaves))}" for (kind, prefix), leaves in sorted(groups.items())]
    return "\n".join(lines) + "\n"
