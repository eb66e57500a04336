"""Which classes stand for the model types of transformers, and how one of them is made and filled."""

import torch
import transformers
from transformers.models.auto import configuration_auto, modeling_auto

from zoo.inputs import find_inputs
from zoo.shrink import tiny

# A model type's main task is the first of these that it has; if that class does not run, the next.
TASKS = """
    IMAGE_TEXT_TO_TEXT MULTIMODAL_LM SPEECH_SEQ_2_SEQ SEQ_TO_SEQ_CAUSAL_LM MASKED_LM CAUSAL_LM CTC RNNT TDT PRETRAINING
    SEQUENCE_CLASSIFICATION IMAGE_CLASSIFICATION ZERO_SHOT_IMAGE_CLASSIFICATION OBJECT_DETECTION
    ZERO_SHOT_OBJECT_DETECTION UNIVERSAL_SEGMENTATION SEMANTIC_SEGMENTATION INSTANCE_SEGMENTATION DEPTH_ESTIMATION
    AUDIO_CLASSIFICATION VIDEO_CLASSIFICATION MASK_GENERATION IMAGE_TO_IMAGE TEXT_TO_SPECTROGRAM TEXT_TO_WAVEFORM
    TIME_SERIES_PREDICTION KEYPOINT_DETECTION TEXT_ENCODING RETRIEVAL
""".split()
MOST_PARAMETERS = 30_000_000


class LeftOut(Exception):
    """Why there is no trial of a model type: transformers itself cannot make, run, save or load a tiny model of it."""


def candidates():
    """{model type: names of classes}"""
    tables = [getattr(modeling_auto, f"MODEL_FOR_{task}_MAPPING_NAMES") for task in TASKS]
    found = {}
    for kind in sorted(configuration_auto.CONFIG_MAPPING_NAMES):
        names = []
        for table in [*tables, modeling_auto.MODEL_MAPPING_NAMES]:
            name = table.get(kind, ())
            names += [name] if isinstance(name, str) else name
        if names:
            found[kind] = list(dict.fromkeys(names))
    return found


def fill(model, seed=1):
    """Random weights large enough that every layer shows in the outputs; norms that are not all ones."""
    generator = torch.Generator().manual_seed(seed)
    random = lambda p: torch.randn(p.shape, generator=generator, dtype=torch.float32).to(p.dtype)
    linears = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Linear)}
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    with torch.no_grad():
        for parameter in model.parameters():
            if id(parameter) in linears - embeddings:
                parameter.copy_(random(parameter) / parameter.shape[-1] ** 0.5)
            elif parameter.is_floating_point():
                known = torch.nan_to_num(parameter, 0.0, 0.0, 0.0).clamp(-10, 10)
                parameter.copy_(known * (1 + 0.1 * random(parameter)) + 0.02 * random(parameter))


def size(cls, config):
    """How many parameters the model has."""
    with torch.device("meta"):
        return sum(p.numel() for p in cls._from_config(config).parameters())


def make(name):
    """(model, inputs) of the class, tiny."""
    cls = getattr(transformers, name)
    count = size(cls, tiny(cls.config_class))
    if count > MOST_PARAMETERS:
        raise ValueError(f"{count:,} parameters are not small")
    torch.manual_seed(0)
    model = cls(tiny(cls.config_class)).float().eval()
    fill(model)
    return model, find_inputs(model)


def first_that_runs(names):
    """(name, model, inputs), or LeftOut with each one's complaint."""
    complaints = []
    for name in names[:4]:
        try:
            return name, *make(name)
        except TimeoutError:
            raise
        except Exception as error:
            complaints.append(f"{name}: {type(error).__name__}: {str(error).strip()[:160]}")
    raise LeftOut("; ".join(complaints).replace("\n", " "))
