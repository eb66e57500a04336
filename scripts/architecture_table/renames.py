"""Finds how the names on disk differ from those at run time, and says it in few lines.

transformers knows how to write a checkpoint under the names of old (`save_pretrained(save_original_format=True)`): a
module may be called otherwise there (`rename`), a parameter may be stacked of several on disk (`merge`), the weights of
several modules may be that of one on disk (`split`), or it is made of what is there in another way (`convert`).
"""

import re
from collections import Counter, defaultdict

from torch import nn
from transformers.conversion_mapping import get_checkpoint_conversion_mapping, get_model_conversion_mapping
from transformers.core_model_loading import PrefixChange, WeightConverter, WeightRenaming, revert_weight_conversion

# So many modules of one name with `*` show what becomes of it: all of them would take three times as long.
ENOUGH = 6


def star(name):
    """The name with `*` for the places in lists, and for the numbers of experts."""
    parts = ("*" if part.isdigit() else re.sub(r"^expert_\d+$", "expert_*", part) for part in name.split("."))
    return ".".join(parts)


def as_written(model):
    """[(how, name, name on disk)] of the modules or parameters with two or more dimensions; of many layers, the first."""
    tensors, seen = {}, Counter()
    for key, tensor in model.state_dict(keep_vars=True).items():
        seen[star(key)] += 1
        if tensor.dim() >= 2 and seen[star(key)] <= ENOUGH:
            # Tied parameters are one tensor under several names.
            tensors[key] = tensor.detach().view(tensor.shape)
    by_tensor = {id(tensor): key for key, tensor in tensors.items()}
    converted = {}
    convert = WeightConverter.convert

    def recording(self, *args, **kwargs):
        sources = sorted({key for keys in self.layer_targets.values() for key in keys})
        result = convert(self, *args, **kwargs)
        values = [v[0] if isinstance(v, list) else v for v in result.values()]
        several = (len(sources) > 1, len(values) > 1)
        how = {(False, True): "merge", (True, False): "split"}.get(several, "convert")
        if how == "split" and not all(name.endswith(".weight") for name in result):
            # It is the parameter of no module that could be quantized.
            how = "convert"
        if several == (False, False) and star(next(iter(result))).count("*") > star(sources[0]).count("*"):
            # The default configuration has one expert only.
            how = "merge"
        # Kept alive, so that their ids are theirs.
        converted.update({id(value): (how, sources, value) for value in values})
        return result

    WeightConverter.convert = recording
    try:
        disk = revert_weight_conversion(model, tensors)
    finally:
        WeightConverter.convert = convert
    found, changes = [], get_model_conversion_mapping(model, add_legacy=False)
    for name, tensor in disk.items():
        how, sources, _ = converted.get(id(tensor)) or ("rename", [by_tensor[id(tensor)]], tensor)
        if how == "rename" and is_by_whole_name(name, changes) and is_linear(model, sources[0]):
            how = "convert"
        found += [(how, source, name) for source in sources]
    return found


def on_disk(written):
    """Of each module or parameter that `as_written` gave, by its name with `*`: the set of (how, name on disk)."""
    # Layer 0 of `a.0.b.0` on disk may be either; layer 1 of `a.0.b.1` is plain.
    plain = {star(source) for _, source, name in written if not is_ambiguous(source, name)}
    pairs = [
        (how, source, module(stars_of(source, name, how)))
        for how, source, name in written
        if star(source) not in plain or not is_ambiguous(source, name)
    ]
    found = gather(pairs, star)
    # Modules of a list may have names of their own on disk: numbered ones, or unlike each other.
    unlike = {name for name, wanted in found.items() if len([how for how, _ in wanted if how == "rename"]) > 1}
    numbered = [
        (how, source, re.sub(r"_\d+\b", "_*", name) if module(star(source)) in unlike else name)
        for how, source, name in pairs
    ]
    found = gather(numbered, star)
    if all(len([how for how, _ in found[name] if how == "rename"]) == 1 for name in unlike):
        return found
    return gather(pairs, lambda source: star_but_last(source) if module(star(source)) in unlike else star(source))


def is_linear(model, weight):
    return isinstance(model.get_submodule(weight.rpartition(".")[0]), nn.Linear)


def is_by_whole_name(name, changes):
    """Whether a weight is renamed by its whole name on disk: then its scale is not."""
    renamings = [change for change in changes if isinstance(change, WeightRenaming)]
    return any(change._scoped_match(name) and not change._scoped_match(f"{name}_scale") for change in renamings)


def gather(pairs, pattern):
    found = defaultdict(set)
    for how, source, name in pairs:
        found[module(pattern(source))].add((how, name))
    return dict(found)


def star_but_last(name):
    parts = name.split(".")
    last = max(i for i, part in enumerate(parts) if part.isdigit())
    return ".".join("*" if part.isdigit() and i != last else part for i, part in enumerate(parts))


def module(name):
    return name.removesuffix(".weight")


def is_ambiguous(source, name):
    """Whether a place in `source` may be one of several on disk."""
    places, parts = source.split("."), name.split(".")
    return any(part.isdigit() and parts.count(part) > places.count(part) for part in places)


def stars_of(source, name, how):
    """The name on disk with `*`; a place in it that the source does not have stays as it is."""
    places = [part for part in source.split(".") if part.isdigit()]
    parts = name.split(".")
    if how != "rename" or sum(part.isdigit() for part in parts) <= len(places):
        return star(name)
    for i, part in enumerate(parts):
        if places and part == places[0]:
            parts[i] = "*"
            places.pop(0)
    return ".".join(parts)


def rules(pairs):
    """The fewest renamings of prefixes that make of each first name the second one; the longest prefix wins."""
    found = {}

    def solve(prefix, inherited, pairs):
        """`inherited` is the (prefix, replacement) that holds above."""
        if all(apply(name, *inherited) == wanted for name, wanted in pairs):
            return
        options = Counter()
        for name, wanted in pairs:
            rest = name[len(prefix):]
            if wanted.endswith(rest) and name != prefix:
                replacement = wanted[: len(wanted) - len(rest)]
                if replacement == "" or replacement.endswith("."):
                    options[replacement] += 1
        options[apply(prefix, *inherited)] += 0
        best = max(sorted(options), key=lambda o: (options[o], o == apply(prefix, *inherited)))
        # One module is told by its whole name, and what holds for all names holds for most.
        if options[best] < max(2, 0 if prefix else len(pairs) / 2):
            best = apply(prefix, *inherited)
        if best != apply(prefix, *inherited):
            found[prefix] = best
            inherited = (prefix, best)
        children = defaultdict(list)
        for name, wanted in pairs:
            head, dot, _ = name[len(prefix):].partition(".")
            if dot:
                children[prefix + head + "."].append((name, wanted))
            elif apply(name, *inherited) != wanted:
                found[name] = wanted
        for child, inner in sorted(children.items()):
            solve(child, inherited, inner)

    solve("", ("", ""), sorted(pairs))
    return found


def apply(name, prefix, replacement):
    return replacement + name[len(prefix):]


def renamed(name, rules):
    """The name after `rules`: an exact one, or that of the longest prefix."""
    if name in rules:
        return rules[name]
    prefixes = [prefix for prefix in rules if (prefix == "" or prefix.endswith(".")) and name.startswith(prefix)]
    prefix = max(prefixes, key=len, default="")
    return apply(name, prefix, rules.get(prefix, ""))


def needed(name, model_type):
    """The ends of names at run time of which a quantized model of the class needs one each, or it does not load.

    Before transformers loads a quantized model, it prepares every converter of weights anew. If it splits them, and no
    module of the first name that it makes has a scale, that fails, whether or not there is anything to split.
    """
    changes = get_checkpoint_conversion_mapping(name) or get_checkpoint_conversion_mapping(model_type) or []
    for change in changes:
        if (
            isinstance(change, WeightConverter)
            and len(change.target_patterns) > 1
            and all(pattern.endswith(".weight") for pattern in change._original_source_patterns)
            and not any(operation.supports_many_to_many for operation in change.operations)
        ):
            target = module(change._original_target_patterns[0].replace("\\.", ".").strip("^$"))
            if not re.fullmatch(r"[\w.]+", target):
                raise ValueError(f"{name}: {target} is no end of a name")
            yield target


def prefixes(name, model_type):
    """The (prefix at run time, prefix on disk) that checkpoints of the class may have in place of each other.

    A loader takes both; which of them is written back depends on what was loaded.
    """
    changes = get_checkpoint_conversion_mapping(name) or get_checkpoint_conversion_mapping(model_type) or []
    for change in changes:
        if isinstance(change, PrefixChange):
            outer = f"{change.model_prefix}." if change.model_prefix else ""
            added, removed = change.prefix_to_add, change.prefix_to_remove
            yield (f"{outer}{added}.", outer or ".") if added else (outer or ".", f"{outer}{removed}.")
