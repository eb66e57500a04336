"""The committed table of what vLLM takes: model, scheme and verdict on each line."""

from pathlib import Path

TABLE = Path(__file__).resolve().parent / "expected.txt"
SEPARATOR = " | "


def read():
    """{(model, scheme): verdict}"""
    lines = TABLE.read_text().splitlines() if TABLE.exists() else []
    rows = [line.split(SEPARATOR, 2) for line in lines]
    return {(model.strip(), scheme.strip()): verdict for model, scheme, verdict in rows}


def write(rows):
    """In the order of `rows`, in columns."""
    first, second = (max(len(pair[i]) for pair in rows) for i in (0, 1))
    lines = [SEPARATOR.join((m.ljust(first), s.ljust(second), verdict)) for (m, s), verdict in rows.items()]
    TABLE.write_text("\n".join(lines) + "\n")


def differences(expected, found, whole):
    """In words. Rows that were not tried are a difference only if all were to be."""
    rows = expected.keys() | found.keys() if whole else found.keys()
    of = lambda table, pair: table.get(pair, "no such line")
    return [
        f"CHANGED: {': '.join(pair)}: the table has: {of(expected, pair)}; found: {of(found, pair)}"
        for pair in sorted(rows)
        if of(expected, pair) != of(found, pair)
    ]
