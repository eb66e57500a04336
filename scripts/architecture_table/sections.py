"""Gathers by class what its modules are, over all models and variants in which the class occurs."""

from dataclasses import dataclass, field

from transformers.quantizers.base import MODULES_TO_PATCH_FOR_QUANTIZATION

from . import kinds, renames


@dataclass
class Section:
    model_type: str
    base: str
    # The sub-configuration of a whole model's that the class reads
    key: str
    # Module name -> kind
    kinds: dict = field(default_factory=dict)
    # Module name -> class
    models: dict = field(default_factory=dict)
    # Module name -> (configuration key, auto class, class)
    swaps: dict = field(default_factory=dict)
    # Module name -> {(how, name on disk)}, over all that is inside, and how that differs from what models inside say
    disk: dict = field(default_factory=dict)
    renames: dict = field(default_factory=dict)
    made_of: dict = field(default_factory=dict)
    # What other classes of the type call modules: (prefix, prefix there)
    elsewhere: set = field(default_factory=set)
    # Whether quantizers put other modules in the place of some
    patched: bool = False

    def unite(self, found):
        for module, kind in found.items():
            self.kinds[module] = kinds.both(self.kinds.get(module, kind), kind)

    def is_renamed(self):
        return any(found != {("rename", module)} for module, found in self.disk.items())


class Table:
    def __init__(self):
        self.sections = {}

    def add(self, model, with_disk=False):
        """Adds what is in `model` to the section of its class, and of the classes of the models inside."""
        new = Section(type(model.config).model_type or "-", kinds.base_of(model), key_of_class(type(model.config)))
        section = self.sections.setdefault(type(model).__name__, new)
        # The names on disk go by the model type: those of another type that this class serves are not its own.
        own = getattr(type(model).config_class, "model_type", None) == model.config.model_type
        if with_disk and own and not section.disk:
            section.disk = renames.on_disk(renames.as_written(model))
        section.patched |= any(type(module).__name__ in MODULES_TO_PATCH_FOR_QUANTIZATION for module in model.modules())
        found, models = kinds.of(model)
        section.unite(found)
        for module, inner in models.items():
            module = renames.star(module)
            if module not in section.models and module not in section.swaps:
                auto = getattr(inner, "absmax_auto", None)
                key = auto and key_of(model.config, auto[1])
                if key:
                    section.swaps[module] = (key, auto[0], type(inner).__name__)
                else:
                    section.models[module] = type(inner).__name__
            self.add(inner)

    def merge(self, other):
        """Adds what `other` found. The default configuration's word counts where there can be one only."""
        for name, section in other.sections.items():
            mine = self.sections.setdefault(name, section)
            if mine is section:
                continue
            if section.disk and not mine.disk:
                mine.disk, mine.model_type = section.disk, section.model_type
                mine.base, mine.key = section.base, section.key
                mine.models = {k: v for k, v in mine.models.items() if k not in section.swaps} | section.models
                mine.swaps = {k: v for k, v in mine.swaps.items() if k not in section.models} | section.swaps
            known = mine.models.keys() | mine.swaps.keys()
            mine.models |= {k: v for k, v in section.models.items() if k not in known}
            mine.swaps |= {k: v for k, v in section.swaps.items() if k not in known}
            mine.unite(section.kinds)
            mine.elsewhere |= section.elsewhere
            mine.patched |= section.patched

    def name_on_disk(self):
        """Finds for every class the names on disk, as far as the models inside it do not say them."""
        done = set()

        def finish(name):
            if name in done:
                return
            done.add(name)
            section = self.sections[name]
            for inner in self.inside(section).values():
                finish(inner)
            pairs = []
            for module, wanted in sorted(section.disk.items()):
                before = self.inner_disk(section, module)
                if before == wanted:
                    pairs += [(disk, disk) for _, disk in before]
                elif {how for how, _ in before} == {how for how, _ in wanted} and len(before) == len(wanted):
                    pairs += zip((disk for _, disk in sorted(before)), (disk for _, disk in sorted(wanted)))
                else:
                    for _, disk in before:
                        section.made_of[disk] = wanted
            section.renames = renames.rules(pairs)
            for module, wanted in section.disk.items():
                if (found := self.disk(section, module)) != wanted:
                    raise ValueError(f"{name}.{module}: the table would say {found} for {wanted}")

        for name in sorted(self.sections):
            finish(name)
        for section in self.sections.values():
            for module in section.disk:
                kind = section.kinds.get(renames.star(module))
                if kind and module != renames.star(module):
                    section.kinds[module] = kind

    def inside(self, section):
        return section.models | {module: swap[2] for module, swap in section.swaps.items()}

    def inner_disk(self, section, module):
        """{(how, name on disk)} as the models inside say."""
        prefix = max((p for p in self.inside(section) if module.startswith(p + ".")), key=len, default=None)
        if prefix is None:
            return {("rename", module)}
        inner = self.sections[self.inside(section)[prefix]]
        return {(how, f"{prefix}.{disk}") for how, disk in self.disk(inner, module[len(prefix) + 1 :])}

    def disk(self, section, module):
        """{(how, name on disk)} of a module."""
        found = set()
        for how, disk in self.inner_disk(section, module):
            found |= section.made_of.get(disk) or {(how, renames.renamed(disk, section.renames))}
        return found


def key_of_class(config_class):
    """The key of the sub-configuration that a configuration class reads of a whole model's. One names several, and then
    reads none."""
    key = config_class.base_config_key
    return key if isinstance(key, str) else ""


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
