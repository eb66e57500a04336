"""Controls: good checkpoints are judged right, and every fault that is planted in one is seen."""

import json
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from zoo import by_hand, trial
from zoo.architectures import make
from zoo.judge import Wrong, judge, saved
from zoo.others import others

# A module of each kind, by class.
HEADS = {"LlamaForCausalLM": "lm_head", "BertForMaskedLM": "cls.predictions.decoder"}
LAYERS = {"LlamaForCausalLM": "model.layers.0.self_attn.q_proj", "BertForMaskedLM": "bert.encoder.layer.0.output.dense"}
EMBEDDINGS = {"LlamaForCausalLM": "model.embed_tokens", "BertForMaskedLM": "bert.embeddings.token_type_embeddings"}
NORMS = {"LlamaForCausalLM": "model.norm", "BertForMaskedLM": "bert.embeddings.LayerNorm"}


def change_ignore(out, change):
    config = json.loads((out / "config.json").read_text())
    ignore = config["quantization_config"]["ignore"]
    config["quantization_config"]["ignore"] = change(ignore)
    (out / "config.json").write_text(json.dumps(config))


def flip(out, name):
    """The lowest bit of a tensor's first byte."""
    tensors = load_file(out / "model.safetensors")
    tensors[name].view(-1).view(torch.uint8)[0] ^= 1
    save_file(tensors, out / "model.safetensors", {"format": "pt"})


def quantize(out, module, scheme):
    tensors = load_file(out / "model.safetensors")
    by_hand.store(tensors, module, tensors.pop(f"{module}.weight"), scheme)
    save_file(tensors, out / "model.safetensors", {"format": "pt"})


def faults(name, scheme):
    """{fault: what plants it}"""
    head, layer, norm, embedding = HEADS[name], LAYERS[name], NORMS[name], EMBEDDINGS[name]
    weight = f"{layer}.weight" if scheme == "w8a8" else f"{layer}.weight_packed"
    return {
        f"{layer}, which is quantized, stands in ignore": lambda out: change_ignore(out, lambda i: [*i, layer]),
        "a pattern in ignore matches too much": lambda out: change_ignore(out, lambda i: [*i, r"re:.*layers?\.1\..*"]),
        f"{head} is taken out of ignore": lambda out: change_ignore(out, lambda i: [n for n in i if n != head]),
        f"{embedding} is quantized": lambda out: quantize(out, embedding, scheme),
        "ignore is empty": lambda out: change_ignore(out, lambda i: []),
        f"a bit of {weight} is flipped": lambda out: flip(out, weight),
        f"a bit of {norm}.weight is flipped": lambda out: flip(out, f"{norm}.weight"),
    }


def judged(original, out, work):
    """None, or what is wrong."""
    try:
        judge(original, out, work)
    except Wrong as wrong:
        return str(wrong)


def check_others():
    """A layer that is kept is named as the class of the whole model calls it: to that of the text model it is quantized.
    And the config of texts alone says nothing of quantization: to the class that reads no more, integers are floats."""
    with tempfile.TemporaryDirectory(prefix="absmax-zoo-") as directory:
        directory = Path(directory)
        model, inputs = make("Qwen3_5ForConditionalGeneration")
        model.save_pretrained(directory / "source")
        original = saved(model, inputs, directory / "source")
        original.linears -= {"model.language_model.layers.0.mlp.up_proj"}
        by_hand.write(original, "w8a16", directory / "out")
        names = ("AutoModelForCausalLM", "Qwen3_5TextModel")
        by_name = {other.cls.__name__: other for other in others(original)}
        failures = 0
        for number, judged_by in enumerate([original, *(by_name[name] for name in names)]):
            wrong = judged(judged_by, directory / "out", directory / f"floats-{number}")
            holds = (wrong is None) == (judged_by is original)
            failures += not holds
            what = f"{judged_by.cls.__name__}: only the whole model's config and names are right"
            print(f"{'' if holds else 'FAILED: '}{what}: {wrong or 'right'}", flush=True)
    return 1 + len(names), failures


def check_mixed():
    """Each layer is read by the scheme of the group that names it: if the groups have each other's, none is right."""
    with tempfile.TemporaryDirectory(prefix="absmax-zoo-") as directory:
        source, out = Path(directory) / "source", Path(directory) / "out"
        model, inputs = make("LlamaForCausalLM")
        model.save_pretrained(source)
        original = saved(model, inputs, source)
        code, message = trial.quantize(source, out, "mixed")
        before = judged(original, out, out.with_name("floats")) if code == 0 else message
        config = json.loads((out / "config.json").read_text())
        groups = config["quantization_config"]["config_groups"]
        groups["group_0"]["weights"], groups["group_1"]["weights"] = groups["group_1"]["weights"], groups["group_0"]["weights"]
        (out / "config.json").write_text(json.dumps(config))
        after = judged(original, out, out.with_name("floats-after"))
    failed = not (before is None and after)
    print(f"{'FAILED: ' * failed}mixed schemes: {before or 'right'}; exchanged: {after or 'right'}", flush=True)
    return 1, failed


def self_test():
    seen, failures = map(sum, zip(check_others(), check_mixed()))
    for name in HEADS:
        with tempfile.TemporaryDirectory(prefix="absmax-zoo-") as directory:
            directory = Path(directory)
            model, inputs = make(name)
            model.save_pretrained(directory / "source")
            original = saved(model, inputs, directory / "source")
            for scheme in by_hand.SCHEMES:
                plant = {"nothing is planted": lambda out: None} | faults(name, scheme)
                for number, (fault, change) in enumerate(plant.items()):
                    out = directory / f"{scheme}-{number}"
                    by_hand.write(original, scheme, out)
                    change(out)
                    wrong = judged(original, out, directory / f"floats-{scheme}-{number}")
                    holds = (wrong is None) == (number == 0)
                    seen, failures = seen + 1, failures + (not holds)
                    print(f"{'' if holds else 'FAILED: '}{name} {scheme}: {fault}: {wrong or 'right'}", flush=True)
                try:
                    trial.check_refusal(original, scheme, 1, f"error: {name} is refused", directory / f"work-{scheme}")
                    failures += 1
                    print(f"FAILED: {name} {scheme}: an unjust refusal is taken for a just one")
                except Wrong as wrong:
                    print(f"{name} {scheme}: an unjust refusal: {wrong}", flush=True)
                    seen += 1
    print(f"{seen} controls, {failures} failed")
    sys.exit(failures > 0)
