"""The commands of the workspace's example programs, which scripts compare with other programs."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def example(name, *package):
    """The command of an example of the workspace: a built one if the environment names it, ABSMAX_ and its name."""
    built = os.environ.get(f"ABSMAX_{name.upper()}")
    cargo = ["cargo", "run", "--release", "-q", "--manifest-path", ROOT / "Cargo.toml", *package, "--example", name]
    return [built] if built else [*cargo, "--"]
