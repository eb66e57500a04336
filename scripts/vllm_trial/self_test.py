"""Shows that the check can fail: faults that are planted in a checkpoint, and in the table, are noticed."""

import sys

from safetensors.torch import load_file, save_file
from vllm_trial import table
from vllm_trial.trial import in_child


def spoil(part, change):
    """Changes one tensor of OUT: that of the first quantized module which is stored as `part`."""

    def spoiled(out):
        path = out / "model.safetensors"
        tensors = load_file(path)
        name = next(n for n in sorted(tensors) if n.endswith(f"down_proj.{part}"))
        tensors[name] = change(tensors[name].clone())
        save_file(tensors, path, {"format": "pt"})

    return spoiled


def twice_first(scale):
    scale[0] *= 2
    return scale


def row_inverted(integers):
    """All bits of the integers of one row: q becomes -1 - q."""
    integers[0] = ~integers[0]
    return integers


def missed_in_table():
    rows = table.read()
    first = next(iter(rows))
    planted = {
        "a verdict changed": rows | {first: "planted"},
        "a line too few": {pair: verdict for pair, verdict in rows.items() if pair != first},
        "a line too many": rows | {("no model", "w8a8"): "same tokens"},
    }
    missed = bool(table.differences(rows, rows, whole=True))
    for what, changed in planted.items():
        differences = table.differences(changed, rows, whole=True)
        missed += len(differences) != 1
        print(f"table: {what}: {differences}", flush=True)
    return missed


def self_test():
    faults = [
        ("nothing changed", "w8a8", None),
        ("one channel's scale doubled", "w8a8", spoil("weight_scale", twice_first)),
        ("one channel's integers inverted", "w8a8", spoil("weight", row_inverted)),
        ("nothing changed", "w4a16", None),
        ("one channel's scales doubled", "w4a16", spoil("weight_scale", twice_first)),
        ("one channel's integers inverted", "w4a16", spoil("weight_packed", row_inverted)),
    ]
    missed = missed_in_table()
    for what, scheme, fault in faults:
        verdict, more = in_child("llama", scheme, fault)
        wanted = "OTHER TOKENS" if fault else "same tokens"
        missed += verdict != wanted
        print(f"llama: {scheme}: {what}: {verdict} ({more}); wanted: {wanted}", flush=True)
    if missed:
        sys.exit(f"FAILED: self-test: {missed} of them went otherwise than wanted")
    print("self-test: all faults were noticed")
