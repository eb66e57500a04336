"""Builds every model class that transformers offers, on the meta device."""

import contextlib
import importlib
import inspect
import re
import signal
import warnings

import torch
from transformers import PreTrainedModel
from transformers.initialization import no_init_weights
from transformers.models.auto import auto_factory, configuration_auto, modeling_auto
from transformers.models.timm_wrapper import modeling_timm_wrapper
from transformers.utils import import_utils, logging

logging.set_verbosity(logging.CRITICAL)
warnings.simplefilter("ignore")
# Losses ask for it, which are not computed here.
import_utils.BACKENDS_MAPPING["scipy"] = (lambda: True, "")

# What a configuration may lack at its default: the first of these that helps is taken.
COMPLETIONS = [
    {"head_dim": 64},
    {"num_key_value_heads": 8},
    {"vocab_size": 64},
    {"prediction_length": 24},
    {"is_decoder": True},
    {"is_encoder_decoder": False},
    {"n_routed_experts": 8, "n_shared_experts": 1},
    {"n_routed_experts": 8, "n_shared_experts": 1, "num_experts_per_tok": 2, "first_k_dense_replace": 1},
    {"layer_types": ["conv", "full_attention"] * 16},
    {"vocabulary_map": {"<image>": 3}},
    {"modality_type_vocab_size": 2, "num_images": 2},
    {"out_indices": [3, 5, 7, 11]},
    {"use_timm_backbone": False, "use_pretrained_backbone": False, "backbone_config": {"model_type": "resnet"}},
    {"backbone_config": {"model_type": "resnet", "out_features": ["stage2", "stage3", "stage4"]}},
    {"backbone_config": {"model_type": "resnet", "out_features": ["stage1", "stage2", "stage3", "stage4"]}},
]

# A class takes tens of milliseconds; some configurations would build for hours.
SECONDS = 20


def mappings():
    """Of each auto class the model types that it knows and the names of the classes that it makes of them."""
    for auto in vars(modeling_auto).values():
        if inspect.isclass(auto) and vars(auto).get("_model_mapping") is not None:
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


def auto_classes(model_type):
    """The names of the classes that auto classes make of a model type."""
    return {name for _, known, names in MAPPINGS if known == model_type for name in names}


def main_classes(model_type):
    """The classes that are the model itself: what AutoModel makes, or else the first of the auto classes."""
    of_type = [(auto, names) for auto, known, names in MAPPINGS if known == model_type]
    main = [names for auto, names in of_type if auto == "AutoModel"] or [names for _, names in of_type[:1]]
    return set(main[0]) if main else set()


def is_abstract(model_class):
    """Whether the class is one that others only derive from."""
    return not issubclass(model_class, PreTrainedModel) or model_class.__name__.endswith("PreTrainedModel")


def types():
    return sorted(configuration_auto.CONFIG_MAPPING_NAMES)


def build(model_class, config):
    """The model without memory for its weights."""

    def stop(*_):
        raise TimeoutError(f"more than {SECONDS} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        with torch.device("meta"), no_init_weights():
            return model_class(for_class(model_class, config)).eval()
    finally:
        signal.alarm(0)


def for_class(model_class, config):
    """The part of `config` that is for this class: that of a text model may stand in one for more."""
    parts = [part for part in vars(config).values() if isinstance(part, model_class.config_class or ())]
    return config if isinstance(config, model_class.config_class or ()) or not parts else parts[0]


def default(model_class, config_class):
    """The model at the default configuration, completed where that alone cannot be built."""
    try:
        return build(model_class, config_class()), {}
    except Exception as e:
        first = e
    for completion in COMPLETIONS:
        with contextlib.suppress(Exception):
            return build(model_class, config_class(**completion)), completion
    config = config_class()
    for _ in range(6):
        try:
            return build(model_class, config), {}
        except AttributeError as e:
            if not (lack := re.match(r"'(\w+)' object has no attribute '(\w+)'", str(e))):
                break
            for part in [config, *(v for v in vars(config).values() if hasattr(v, "model_type"))]:
                if type(part).__name__ == lack[1]:
                    setattr(part, lack[2], 0 if "dropout" in lack[2] else 64)
        except Exception:
            break
    raise first


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


def stub_timm():
    """Makes models of timm, which is not installed, empty: nothing is known of them."""

    def init(self, config, *_, **__):
        PreTrainedModel.__init__(self, config)
        self.timm_model = torch.nn.Module()
        self.post_init()

    modeling_timm_wrapper.TimmWrapperModel.__init__ = init


tag_auto_models()
stub_timm()
