"""One architecture, tried: made, saved in two ways, quantized in every scheme, loaded, judged."""

import os
import subprocess
import tempfile
from pathlib import Path

from zoo import by_hand
from zoo.architectures import first_that_runs
from zoo.judge import LEAST_SHARE, Original, Wrong, judge, some

SCHEMES = {"w8a8": [], "w8a16": [], "w4a16": ["--granularity", "group=32"]}
ROOT = Path(__file__).resolve().parent.parent.parent
CARGO_RUN = ["cargo", "run", "--release", "-q", "-p", "absmax-cli", "--manifest-path", str(ROOT / "Cargo.toml"), "--"]
ABSMAX = [os.environ["ABSMAX"]] if "ABSMAX" in os.environ else CARGO_RUN
# Options that a refusal may offer to those who want less than the whole model quantized.
WAYS_OUT = [["--experts", "keep"], ["--on-ragged", "keep"]]


def quantize(source, out, scheme, *options):
    command = [*ABSMAX, "quantize", source, "-o", out, "--scheme", scheme, *SCHEMES[scheme], *options]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return run.returncode, run.stderr.strip()


def refusal(original, scheme, code, message, work):
    """What a refusal comes to: it names what it is about, and nobody could have done better."""
    if code not in (1, 2) or "panicked" in message:
        raise Wrong(f"absmax ended with {code}: {message[-160:]}")
    names = {original.cls.__name__, original.model.config.model_type}
    names |= {n.rsplit(".", 1)[0] for n in original.files if "." in n}
    line = next((line for line in message.splitlines() if line.startswith("error")), message.splitlines()[-1] if message else "")
    line = line.replace(str(original.source), "SRC")
    if not by_hand.write(original, scheme, work / "hand"):
        return f"nothing to quantize: {line[:160]}"
    if not any(name in message for name in names):
        raise Wrong(f"refused without a name: {line[:160]}")
    try:
        judge(original, work / "hand", work / "hand-floats", "default")
    except Wrong as wrong:
        return f"{line[:160]} (by hand: {wrong})"
    raise Wrong(f"refused, though one written by hand loads right: {line[:160]}")


def verdict(original, scheme, work):
    """(verdict, reason) of one scheme."""
    out, options = work / "out", []
    code, message = quantize(original.source, out, scheme)
    refused = None
    if code:
        refused = refusal_or_way_out(original, scheme, code, message, work)
        verdict, reason, options = refused
        if not options:
            return verdict, reason
        code, message = quantize(original.source, out, scheme, *options)
        if code:
            return "refused", refusal(original, scheme, code, message, work)
    note = ""
    try:
        meant = judge(original, out, work / "default", "default")
    except Wrong as wrong:
        # A way of loading that does not load by default is right where absmax says which other does.
        if "dequantize=True" not in message or not str(wrong).startswith(("load:", "forward:")):
            raise
        meant = judge(original, out, work / "dequantized", "dequantize")
        note = f"with dequantize=True, as warned of; by default {wrong}"
    if not options and original.main and meant.share < LEAST_SHARE:
        raise Wrong(f"only {meant.share:.0%} of Linears and experts are quantized; not: {some(meant.left)}")
    if refused:
        return "refused", f"right with {' '.join(options)}"
    return "right", note or f"{meant.share:.0%} of Linears and experts"


def refusal_or_way_out(original, scheme, code, message, work):
    offered = [option for option in WAYS_OUT if " ".join(option) in message]
    if code == 1 and offered:
        return "refused", "", sum(offered, [])
    return "refused", refusal(original, scheme, code, message, work), []


def try_out(names):
    """Rows (class, way of saving, scheme, verdict, reason)."""
    name, model, inputs = first_that_runs(names)
    rows, seen = [], {}
    for way in (True, False):
        with tempfile.TemporaryDirectory(prefix="zoo-") as directory:
            source = Path(directory) / "source"
            model.save_pretrained(source, save_original_format=way)
            try:
                original = Original(model, inputs, source)
            except Wrong as wrong:
                rows.append((name, way, "", "left out", f"{wrong}"))
                continue
            # Most architectures are saved the same both ways.
            files = tuple((n, t.shape) for n, t in sorted(original.files.items())), (source / "config.json").read_text()
            if files in seen.values():
                continue
            seen[way] = files
            for scheme in SCHEMES:
                with tempfile.TemporaryDirectory(dir=directory) as work:
                    rows.append((name, way, scheme, *judged(original, scheme, Path(work))))
    if not seen:
        raise ValueError(f"{name}: {rows[0][-1]}")
    return rows


def judged(original, scheme, work):
    try:
        for way in ("default", "dequantized", "hand-floats"):
            (work / way).mkdir()
        return verdict(original, scheme, work)
    except Wrong as wrong:
        return "WRONG", str(wrong)
