"""absmax.torch beside an independent computation in plain torch, on all-MiniLM-L6-v2 and on a decoder trained here."""

import copy
import json
import os
import statistics
import xml.etree.ElementTree as ElementTree

import absmax
import absmax.torch
import pytest
import torch
from decoder import trained
from torch import nn


@pytest.fixture(scope="module")
def decoder():
    model, batches, loss = trained()
    assert loss < 2.7  # It has learned something: all letters alike would be 4.4.
    return model, batches


@pytest.fixture(scope="module")
def minilm():
    home = os.environ.get("ABSMAX_MINILM")
    if not home:
        pytest.skip("ABSMAX_MINILM names no directory with all-MiniLM-L6-v2")
    transformers = pytest.importorskip("transformers")
    model = transformers.AutoModel.from_pretrained(home)
    torch.manual_seed(2)
    batches = [
        {"input_ids": torch.randint(1000, 20000, (2, 24)), "attention_mask": torch.ones(2, 24, dtype=torch.long)}
        for _ in range(3)
    ]
    return model, batches


class Plain(nn.Module):
    """A fake-quantized Linear of plain torch, which shares nothing with absmax. `control` leaves the activations as they are."""

    def __init__(self, linear, bits=8, static=None, group=None, quantize_input=True):
        super().__init__()
        weight = linear.weight.detach()
        steps = 127 if bits == 8 else 7.5
        low, high = (-127, 127) if bits == 8 else (-8, 7)
        rows = weight if group is None else weight.reshape(-1, group)
        scale = rows.abs().amax(-1, keepdim=True) / steps
        self.weight = (torch.round(rows / scale).clamp(low, high) * scale).reshape(weight.shape)
        self.bias, self.static, self.quantize_input = linear.bias, static, quantize_input

    def forward(self, x):
        if self.quantize_input:
            scale = x.abs().amax(-1, keepdim=True) / 127 if self.static is None else self.static
            x = torch.round(x / scale).clamp(-127, 127) * scale
        return nn.functional.linear(x, self.weight, self.bias)


def db(y, z):
    y, z = y.double(), z.double()
    return (10 * torch.log10((y**2).sum() / ((y - z) ** 2).sum())).item()


def cosine(y, z):
    return nn.functional.cosine_similarity(y.double().flatten(), z.double().flatten(), 0).item()


def call(model, batch):
    return model(**batch) if isinstance(batch, dict) else model(batch)


@torch.no_grad()
def independent(model, batches, make):
    """{name: [weight, output, accumulated]} as (SQNR, cosine), of all batches, by keeping everything."""
    names = [name for name, layer in model.named_modules() if isinstance(layer, nn.Linear)]
    inputs, outputs, found = {n: [] for n in names}, {n: [] for n in names}, {n: [] for n in names}

    def keep(name):
        def hook(layer, arguments, output):
            inputs[name].append(arguments[0])
            outputs[name].append(output)

        return hook

    hooks = [model.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    for batch in batches:
        call(model, batch)
    for hook in hooks:
        hook.remove()
    plain = {n: make(model.get_submodule(n), inputs[n]) for n in names}
    quantized = copy.deepcopy(model)
    for n in names:
        parent, _, child = n.rpartition(".")
        setattr(quantized.get_submodule(parent), child, plain[n])
        plain[n].register_forward_hook(lambda layer, args, out, n=n: found[n].append(out) or None)
    for batch in batches:
        call(quantized, batch)
    flat = {n: torch.cat([y.flatten() for y in found[n]]) for n in names}
    answers = {}
    for n in names:
        exact = torch.cat([y.flatten() for y in outputs[n]])
        own = torch.cat([Plain.forward(plain[n], x).flatten() for x in inputs[n]])
        weight = model.get_submodule(n).weight.detach()
        answers[n] = [(db(a, b), cosine(a, b)) for a, b in [(weight, plain[n].weight), (exact, own), (exact, flat[n])]]
    return answers


def differences(errors, answers):
    """The largest difference in decibels, and in cosines."""
    assert len(errors.layers) == len(answers)
    apart = [0.0, 0.0]
    for layer in errors.layers:
        found = [
            (layer.weight_db, layer.weight_cosine),
            (layer.output_db, layer.output_cosine),
            (layer.accumulated_db, layer.accumulated_cosine),
        ]
        for one, other in zip(found, answers[layer.name]):
            apart = [max(a, abs(x - y)) for a, x, y in zip(apart, one, other)]
    return apart


WAYS = {
    "w8a8": ({"scheme": "w8a8"}, lambda linear, x: Plain(linear)),
    "w4a16,group=32": ({"scheme": "w4a16,group=32"}, lambda linear, x: Plain(linear, 4, group=32, quantize_input=False)),
    "static": (
        {"scheme": "w8a8", "activations": "static", "observer": "abs_max"},
        lambda linear, x: Plain(linear, static=max(part.abs().max() for part in x) / 127),
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("which", ["minilm", "decoder"])
def test_layer_errors_are_those_of_plain_torch(which, way, request):
    model, batches = request.getfixturevalue(which)
    options, make = WAYS[way]
    errors = absmax.torch.layer_errors(model, batches, **options)
    apart = differences(errors, independent(model, batches, make))
    print(f"{which}, {way}: {len(errors.layers)} layers, {apart[0]:.2g} dB and {apart[1]:.2g} apart")
    assert apart[0] < 0.01 and apart[1] < 1e-5
    if way == "w8a8":
        # The control: weights alone are another answer, and it is seen.
        control = differences(errors, independent(model, batches, lambda linear, x: Plain(linear, quantize_input=False)))
        assert control[0] > 0.1


def test_the_layers_to_keep_are_worth_keeping(decoder):
    model, batches = copy.deepcopy(decoder[0]), decoder[1]
    with torch.no_grad():
        for name in ["blocks.0.up", "blocks.2.down"]:
            # An outlier, as trained models have them, which one scale for each channel cannot help.
            model.get_submodule(name).weight[:, 3] *= 40
    errors = absmax.torch.layer_errors(model, batches, "w4a16,channel")
    keep = errors.keep()
    assert {"blocks.0.up", "blocks.2.down"} <= set(keep) and len(keep) < len(errors.layers) / 2
    median = statistics.median(layer.output_db for layer in errors.layers)
    assert keep == errors.keep(median - 6) and errors.keep(-1000) == []

    def whole(ignore):
        quantized = absmax.torch.quantize_model(model, "w4a16,channel", ignore=ignore)
        with torch.no_grad():
            return db(torch.cat([model(b) for b in batches]), torch.cat([quantized(b) for b in batches]))

    best = [layer.name for layer in sorted(errors.layers, key=lambda layer: -layer.output_db)][: len(keep)]
    assert whole(keep) > whole(best) + 3 and whole(keep) > whole([]) + 3


def test_table_json_and_plot(decoder, tmp_path):
    errors = absmax.torch.layer_errors(*decoder, "w4a16,group=32")
    assert [layer.name for layer in errors.layers][:2] == ["blocks.0.qkv", "blocks.0.proj"]
    table = str(errors).splitlines()
    assert len(table) == 15 and table[1].startswith("blocks.0.qkv") and table[-1].startswith("layers to keep: ")
    content = json.loads(errors.to_json())
    assert content["scheme"] == "w4a16,group=32" and content["activations"] is None and content["keep"] == errors.keep()
    assert content["layers"][0]["shape"] == [192, 64] and content["layers"][0]["output_db"] == errors.layers[0].output_db
    errors.plot(tmp_path / "errors.svg")
    root = ElementTree.parse(tmp_path / "errors.svg").getroot()
    assert len(root.findall("{*}polyline")) == 3 and "blocks.0.qkv" in "".join(root.itertext())
    # Errors grow on the way: the last layer's accumulated error is larger than its own.
    assert errors.layers[-1].accumulated_db < errors.layers[-1].output_db - 1


def test_a_quantized_model(decoder):
    model, batches = decoder
    before = {name: value.clone() for name, value in model.state_dict().items()}
    quantized = absmax.torch.quantize_model(model, "w8a8", ignore=["head", "re:blocks\\.0\\..*"])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert type(quantized.head) is nn.Linear and type(quantized.blocks[0].up) is nn.Linear
    layer = quantized.blocks[1].up
    assert type(layer) is absmax.torch.FakeQuantizedLinear and "scheme='w8a8', activations='dynamic'" in repr(layer)
    q = absmax.quantize(model.blocks[1].up.weight.detach(), axis=0)
    assert torch.equal(layer.weight, q.dequantize())
    assert quantized(batches[0]).shape == model(batches[0]).shape
    bf16 = absmax.torch.quantize_model(copy.deepcopy(model).bfloat16(), "w4a16")
    assert bf16.head.weight.dtype == torch.bfloat16 and bf16(batches[0]).dtype == torch.bfloat16
    weight = model.head.weight.detach().bfloat16()
    assert torch.equal(bf16.head.weight, absmax.fake_quantize(weight, "int4", group=128, scale_dtype="bfloat16"))


def test_layers_that_are_shared_and_layers_that_are_called_twice():
    shared = nn.Linear(8, 8)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    quantized = absmax.torch.quantize_model(model)
    assert quantized[0] is quantized[2] and type(quantized[0]) is absmax.torch.FakeQuantizedLinear
    errors = absmax.torch.layer_errors(model, [torch.randn(5, 8)])
    assert [layer.name for layer in errors.layers] == ["0"] and errors.layers[0].accumulated_db is not None


class Router(nn.Module):
    """Sends the rows that its first layer makes positive to its second one."""

    def __init__(self):
        super().__init__()
        self.gate, self.expert = nn.Linear(4, 1), nn.Linear(4, 4)

    def forward(self, x):
        return self.expert(x[self.gate(x)[:, 0] > 0])


def test_a_router_that_decides_otherwise_is_no_error_of_a_layer():
    torch.manual_seed(3)
    errors = absmax.torch.layer_errors(Router(), [torch.randn(2000, 4)], "w4a16,tensor,bits=2")
    gate, expert = errors.layers
    assert gate.accumulated_db is not None and expert.accumulated_db is expert.accumulated_cosine is None
    assert json.loads(errors.to_json())["layers"][1]["accumulated_db"] is None and " - " in str(errors)


@pytest.mark.parametrize(
    "options, text",
    [
        ({"scheme": "w9"}, 'scheme: "w9" is none of w8a8, w8a16 and w4a16'),
        ({"activations": "some"}, 'activations: "dynamic", "static" or None expected, \'some\' found'),
        ({"activations": "static"}, "batches: inputs to calibrate static activations with expected, None found"),
        ({"activations": "static", "batches": []}, "they reach every layer but 0, 2"),
        ({"ignore": ["1"]}, "ignore: '1' matches no Linear layer that is left"),
        ({"ignore": ["re:.*"]}, "model: Linear layers expected, none found"),
    ],
)
def test_what_is_refused(options, text):
    with pytest.raises(ValueError, match=text):
        absmax.torch.quantize_model(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)), **options)
    with pytest.raises(ValueError, match="a Linear found: put it into a Sequential"):
        absmax.torch.quantize_model(nn.Linear(4, 4))
