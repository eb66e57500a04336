"""Finds inputs that a model's forward takes: kinds of input are tried, those with the most parts first."""

import inspect

import torch

TOKENS, FRAMES, SAMPLES = 12, 100, 4000


def ids(count=TOKENS, seed=1):
    """Ordinary tokens: special ones are the first few of the small vocabulary, and its last."""
    return torch.randint(10, 200, (1, count), generator=torch.Generator().manual_seed(seed))


def noise(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(2))


def find(config, *names, default=None):
    """The first field of one of these names in the config or, failing that, in the configs within it."""
    parts = [config] + [v for v in vars(config).values() if hasattr(v, "to_dict")]
    parts += [v for part in parts[1:] for v in vars(part).values() if hasattr(v, "to_dict")]
    for part in parts:
        for name in names:
            value = getattr(part, name, None)
            if isinstance(value, (list, tuple)) and value:
                value = value[0]
            if isinstance(value, dict):
                value = value.get("height") or value.get("shortest_edge")
            if isinstance(value, int) and not isinstance(value, bool):
                return value
    return default


def image(config, size=None):
    size = size or find(config, "image_size", default=64)
    return noise(1, find(config, "num_channels", "in_channels", "in_chans", default=3), size, size)


def mels(config, frames=FRAMES, last=True):
    bins = find(config, "num_mel_bins", "feature_size", "input_feat_per_channel", "input_dim", "feat_dim", default=80)
    return noise(1, bins, frames) if last else noise(1, frames, bins)


def with_image_tokens(model):
    """Text with as many image tokens as there are image features."""
    token = find(model.config, "image_token_id", "image_token_index")
    pixels = image(model.config)
    features = model.get_image_features(pixel_values=pixels)
    features = getattr(features, "pooler_output", features)
    features = torch.cat([f.flatten(0, -2) for f in features]) if isinstance(features, (list, tuple)) else features
    count = features.flatten(0, -2).shape[0]
    return {"input_ids": torch.cat((ids(4), torch.full((1, count), token), ids(4, 3)), 1), "pixel_values": pixels}


def kinds(model):
    """Functions that make inputs, those of the most parts first."""
    config = model.config
    boxes = torch.tensor([[[10, 20, 30, 40]]]).repeat(1, TOKENS, 1)
    decoder = {"decoder_input_ids": ids(6, 4)}
    small, large = image(config), image(config, 64)
    video = noise(1, 3, find(config, "num_frames", default=4), *small.shape[2:])
    yield lambda: with_image_tokens(model)
    for pixels in (small, large):
        yield lambda: {"input_ids": ids(), "bbox": boxes, "pixel_values": pixels, **decoder}
        yield lambda: {"input_ids": ids(), "bbox": boxes, "pixel_values": pixels}
        yield lambda: {"input_ids": ids(), "bbox": boxes, "image": pixels}
        yield lambda: {"input_ids": ids(), "pixel_values": pixels, **decoder}
        yield lambda: {"input_ids": ids(), "pixel_values": pixels}
    yield lambda: {"input_ids": ids(), "bbox": boxes, **decoder}
    yield lambda: {"input_ids": ids(), "bbox": boxes}
    yield lambda: {"input_ids": ids(), "input_features": mels(config, 64)}
    yield lambda: {"input_ids": ids(), "input_values": noise(1, SAMPLES)}
    for last in (True, False):
        yield lambda: {"input_features": mels(config, last=last), **decoder}
    yield lambda: {"input_values": noise(1, SAMPLES), **decoder}
    yield lambda: {"pixel_values": small, **decoder}
    yield lambda: {"input_ids": ids(), **decoder}
    yield lambda: {"input_ids": ids()}
    for pixels in (small, large, image(config, 128), image(config, 224)):
        yield lambda: {"pixel_values": pixels}
    yield lambda: {"pixel_values": video.transpose(1, 2)}
    yield lambda: {"pixel_values_videos": video.transpose(1, 2)}
    for last in (True, False):
        yield lambda: {"input_features": mels(config, last=last)}
    yield lambda: {"input_values": noise(1, SAMPLES)}
    yield lambda: {"input_values": noise(1, 1, SAMPLES)}
    yield lambda: {"input_values": mels(config, find(config, "max_length", default=64), last=False)}
    yield lambda: {"spectrogram": mels(config, 40, last=False)}
    channels = find(config, "num_input_channels", default=1)
    yield lambda: {"past_values": noise(1, find(config, "context_length", default=32), channels)}
    yield lambda: {"input_ids": ids(TOKENS * 2).view(1, 2, TOKENS)}


def tensors(output):
    """Every float tensor of an output, whatever it is nested in."""
    if isinstance(output, torch.Tensor):
        return [output] if output.is_floating_point() else []
    if isinstance(output, dict):
        output = list(output.values())
    return [t for part in output for t in tensors(part)] if isinstance(output, (list, tuple)) else []


def outputs(model, inputs):
    """What depends on chance is the same each time."""
    torch.manual_seed(3)
    with torch.no_grad():
        return tensors(model(**inputs))


def find_inputs(model):
    """Inputs that the model takes and computes finite numbers of; or raises the last complaint."""
    known = set(inspect.signature(model.forward).parameters)
    complaint = "no kind of input fits its forward"
    tried = set()
    for kind in kinds(model):
        try:
            inputs = kind()
            shape = tuple((k, tuple(v.shape)) for k, v in inputs.items())
            if not set(inputs) <= known or shape in tried:
                continue
            tried.add(shape)
            found = outputs(model, inputs)
        except Exception as error:
            if isinstance(error, TimeoutError):
                raise
            complaint = f"{type(error).__name__}: {str(error)[:150]}"
            continue
        if not found or not all(bool(torch.isfinite(t).all()) for t in found):
            complaint = "its outputs are not finite" if found else "it computes no float tensor"
            continue
        return inputs
    raise ValueError(complaint)
