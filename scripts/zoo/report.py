"""How trials are told: a line for each architecture, a summary, and a page of Markdown."""

import re
from collections import Counter

from zoo.trial import SCHEMES

VERDICTS = ("right", "refused", "WRONG")


def worst(rows):
    return max((row.verdict for row in rows), key=VERDICTS.index)


def verdict(trial):
    return worst(trial.rows)


def reasons(trial):
    """{reason: what it is the reason of}; rows that are plainly right have none."""
    found = {}
    for row in trial.rows:
        if row.reason:
            found.setdefault(f"{row.verdict}: {row.reason}", []).append(row.scheme + "*" * (not row.original))
    return found


def line(trial):
    """A star stands for files that were saved with `save_original_format=False`."""
    told = "".join(f"; {' '.join(where)} {reason}" for reason, where in reasons(trial).items())
    return f"{trial.kind} {trial.name}: {verdict(trial)}{told}"


def summary(tried, left_out):
    counts = Counter(map(verdict, tried))
    told = ", ".join(f"{counts[v]} {v}" for v in VERDICTS)
    return f"{len(tried)} architectures: {told}; {len(left_out)} model types left out, since no tiny model of them runs"


def note(row):
    """The reason without what only one architecture has."""
    return general(row.reason)


def general(reason):
    reason = re.sub(r"^error: ", "", reason.split(", such as")[0].split(";")[0])
    reason = re.sub(r"SRC \([^)]*\) holds nothing to quantize.*", "the model holds nothing to quantize", reason)
    reason = re.sub(r"^stacked experts in .*", "tensors hold stacked experts", reason)
    # After a colon come the names of weights, and what loading says of a checkpoint written by hand.
    return re.sub(r"(loads right|of this architecture|dequantize=True\)|by mistake|single scale): .*| \(by hand.*", r"\1", reason)


def table(tried, left_out):
    lines = [f"{summary(tried, left_out)}.", "", f"| class | model type | {' | '.join(SCHEMES)} |", "|---" * (2 + len(SCHEMES)) + "|"]
    notes = {}
    for trial in tried:
        cells = []
        for scheme in SCHEMES:
            rows = [row for row in trial.rows if row.scheme == scheme]
            numbers = sorted({notes.setdefault(note(row), len(notes) + 1) for row in rows if row.reason})
            marks = "".join(f" [{n}]" for n in numbers)
            cells.append(f"{worst(rows)}{marks}" if rows else "")
        lines.append(f"| {trial.name} | {trial.kind} | " + " | ".join(cells) + " |")
    lines += ["", *(f"{number}. {reason}" for reason, number in notes.items())]
    return "\n".join(lines) + "\n"
