"""One architecture, tried: saved in two ways, quantized in every scheme, loaded and judged."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from zoo import by_hand
from zoo.architectures import LeftOut, first_that_runs
from zoo.judge import LEAST_SHARE, Wrong, judge, saved, some
from zoo.others import others

GROUPS = ["--scheme", "w4a16", "--granularity", "group=32"]
# Some layers of attention, by the names that they have here and there.
SOME = r"re:.*(q|k|query|key|q_proj|k_proj|q_lin|k_lin|qkv|qkv_proj|query_key_value|in_proj)$"
SCHEMES = {
    "w8a8": ["--scheme", "w8a8"],
    "w8a16": ["--scheme", "w8a16"],
    "w4a16": GROUPS,
    "mixed": [*GROUPS, "--override", f"{SOME}=w8a16"],
}
ROOT = Path(__file__).resolve().parent.parent.parent
CARGO_RUN = ["cargo", "run", "--release", "-q", "-p", "absmax-cli", "--manifest-path", str(ROOT / "Cargo.toml"), "--"]
ABSMAX = [os.environ["ABSMAX"]] if "ABSMAX" in os.environ else CARGO_RUN
# Options that a refusal may offer to those who want less than the whole model quantized.
WAYS_OUT = [["--experts", "keep"], ["--on-ragged", "keep"], ["--on-unloadable", "keep"]]


class Row(NamedTuple):
    original: bool  # `save_original_format`
    scheme: str
    verdict: str
    reason: str


class Trial(NamedTuple):
    kind: str  # model type
    name: str  # class
    rows: list[Row]


def quantize(source, out, scheme, *options):
    """(exit code, what absmax says)"""
    command = [*ABSMAX, "quantize", source, "-o", out, *SCHEMES[scheme], *options]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return run.returncode, run.stderr.strip().replace(str(source), "SRC")


def check_refusal(original, scheme, code, message, work):
    """The reason of a refusal that names what it is about and that nobody can do better than; or Wrong."""
    error = next((line for line in message.splitlines() if line.startswith("error")), message)[:200]
    if code != 1 or "panicked" in message:
        raise Wrong(f"absmax ends with {code}: {error}")
    # By hand schemes are not mixed: what the whole model cannot load, it cannot load of a part of its layers.
    if not by_hand.write(original, "w4a16" if scheme == "mixed" else scheme, work / "hand"):
        return error
    names = {original.cls.__name__, original.model.config.model_type}
    names |= {name.rsplit(".", 1)[0] for name in original.files if "." in name}
    if not any(name in message for name in names):
        raise Wrong(f"refused without a name: {error}")
    try:
        judge(original, work / "hand", work / "floats-by-hand")
    except Wrong as wrong:
        return f"{error} (by hand: {wrong})"
    raise Wrong(f"refused, though one written by hand loads right: {error}")


def judge_others(all_others, out, work):
    for number, other in enumerate(all_others):
        try:
            judge(other, out, work / f"floats-{number}")
        except Wrong as wrong:
            raise Wrong(f"by {other.cls.__name__}, {wrong}")


def judge_loading(original, all_others, out, scheme, message, work):
    """(what is meant, a note). Where nothing loads by default, that a warning names the way that does is right."""
    try:
        meant = judge(original, out, work / "floats")
        judge_others(all_others, out, work)
        return meant, ""
    except Wrong as wrong:
        if scheme == "w8a8" or not wrong.by_exception:
            raise
        try:
            meant = judge(original, out, work / "floats-again", dequantize=True)
        except Wrong as again:
            raise Wrong(f"{wrong}; with dequantize=True {again}")
        if "dequantize=True" not in message:
            raise Wrong(f"{wrong}; without a warning that dequantize=True is right")
        return meant, f"with dequantize=True, as absmax warns; by default {wrong}"


def try_scheme(original, all_others, scheme, work):
    """(verdict, reason)"""
    out, options, note = work / "out", [], ""
    code, message = quantize(original.source, out, scheme)
    # One refusal may hide another.
    while code == 1 and (more := [way for way in WAYS_OUT if way[0] not in options and " ".join(way) in message]):
        options += sum(more, [])
        code, message = quantize(original.source, out, scheme, *options)
    if code:
        return "refused", check_refusal(original, scheme, code, message, work)
    meant, note = judge_loading(original, all_others, out, scheme, message, work)
    if options:
        return "refused", f"right with {' '.join(options)}, which is offered{note and '; '}{note}"
    if meant.share < LEAST_SHARE:
        raise Wrong(f"only {meant.share:.0%} of Linears and experts are quantized; not {some(meant.left)}")
    return "right", note


def try_out(kind, name, model, inputs):
    """The trial, or LeftOut if transformers does not read what it saves in either way."""
    rows, seen, complaints = [], [], {}
    for way in (True, False):
        with tempfile.TemporaryDirectory(prefix="absmax-zoo-") as directory:
            source = Path(directory) / "source"
            model.save_pretrained(source, save_original_format=way)
            try:
                original = saved(model, inputs, source)
            except Wrong as wrong:
                complaints[way] = f"saved, it is not read again: {wrong}"
                continue
            # Most architectures are saved the same both ways.
            files = [(n, t.shape) for n, t in sorted(original.files.items())], (source / "config.json").read_text()
            if files in seen:
                continue
            seen.append(files)
            all_others = others(original)
            for scheme in SCHEMES:
                with tempfile.TemporaryDirectory(dir=directory) as work:
                    try:
                        rows.append(Row(way, scheme, *try_scheme(original, all_others, scheme, Path(work))))
                    except Wrong as wrong:
                        rows.append(Row(way, scheme, "WRONG", str(wrong)))
    if not rows:
        raise LeftOut(f"{name}: {complaints[True]}")
    return Trial(kind, name, rows)


def warm_up():
    """Imports what every trial needs, by two of them: children that are forked afterwards have it."""
    for name in ("LlamaForCausalLM", "CLIPModel"):
        try_out("", *first_that_runs([name]))
