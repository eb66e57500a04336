"""quantize_checkpoint: what it writes, how it tells, and how it stops."""

import json
import os
import signal
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import absmax
import numpy as np
import pytest


def write(path, tensors):
    """A safetensors file of float32."""
    header, data = {}, b""
    for name, values in tensors.items():
        start, data = len(data), data + values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [start, len(data)]}
    header = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def read(path):
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    types = {"F32": "<f4", "I8": "i1"}
    header = json.loads(content[8 : 8 + size])
    header.pop("__metadata__", None)
    parts = {name: content[8 + size :][slice(*entry["data_offsets"])] for name, entry in header.items()}
    known = {name: entry for name, entry in header.items() if entry["dtype"] in types}
    return {name: np.frombuffer(parts[name], types[e["dtype"]]).reshape(e["shape"]) for name, e in known.items()}


def model(path, size=64, layers=4):
    rng = np.random.default_rng(1)
    tensors = {f"layers.{i}.up_proj.weight": rng.standard_normal((size, size), np.float32) for i in range(layers)}
    write(path, tensors)
    return tensors


def test_the_weights_are_those_of_quantize(tmp_path):
    tensors, calls = model(tmp_path / "a.safetensors"), []
    report = absmax.quantize_checkpoint(
        tmp_path / "a.safetensors",
        str(tmp_path / "out"),
        ignore=["layers.1.up_proj"],
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls[-1][0] == calls[-1][1] > 0 and calls == sorted(calls)
    assert [tensor["quantized"] for tensor in report["tensors"]] == [True, False, True, True]
    assert report["ratio"] > 2 and report["isa"] == absmax.isa() and "unknown_architecture" in report["warnings"][0]
    (file,) = (tmp_path / "out").glob("*.safetensors")
    stored = read(file)
    for name, weight in tensors.items():
        if "1" in name:
            assert np.array_equal(stored[name], weight)
        else:
            q = absmax.quantize(weight, axis=0)
            assert np.array_equal(stored[name], q.q) and np.array_equal(stored[f"{name}_scale"].ravel(), q.scale)


def test_options_and_dry_run(tmp_path):
    model(tmp_path / "a.safetensors")
    options = {"overrides": ["layers.0.up_proj=w4a16,group=32"], "clip": "mse", "dry_run": True}
    report = absmax.quantize_checkpoint(tmp_path / "a.safetensors", tmp_path / "out", "w8a16,asymmetric", **options)
    assert report["dry_run"] and report["clip"] == "mse" and not (tmp_path / "out").exists()
    assert [t["scheme"] for t in report["tensors"]] == ["w4a16,group=32"] + ["w8a16,channel,asymmetric"] * 3


@pytest.mark.parametrize(
    "options, error, text",
    [
        ({"scheme": "w9a9"}, ValueError, 'scheme: "w9a9" is none of w8a8, w8a16 and w4a16'),
        ({"ignore": ["re:("]}, ValueError, "ignore: "),
        ({"overrides": ["a"]}, ValueError, "overrides: .*NAME=SCHEME"),
        ({"clip": "half"}, ValueError, "clip: "),
        ({"on_ragged": "cut"}, ValueError, "on_ragged: .*refuse, keep and channel"),
        ({"experts": "cut"}, ValueError, "experts: "),
        ({"on_unloadable": "cut"}, ValueError, "on_unloadable: "),
        ({"scheme": "w4a16,group=48"}, ValueError, "48"),
        ({"src": "no/such/model"}, FileNotFoundError, "cannot read no/such/model"),
        ({"out": "there"}, FileExistsError, "there"),
    ],
)
def test_what_is_refused(options, error, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model(tmp_path / "a.safetensors")
    (tmp_path / "there").mkdir()
    with pytest.raises(error, match=text):
        absmax.quantize_checkpoint(**{"src": "a.safetensors", "out": "out"} | options)
    assert sorted(os.listdir()) == ["a.safetensors", "there"] and os.listdir("there") == []


def test_a_weight_that_is_not_finite_is_named(tmp_path):
    weight = np.ones((4, 8), np.float32)
    weight[2, 3] = np.nan
    write(tmp_path / "a.safetensors", {"a.up_proj.weight": weight})
    with pytest.raises(ValueError, match="a.up_proj.weight"):
        absmax.quantize_checkpoint(tmp_path / "a.safetensors", tmp_path / "out")
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_an_exception_of_the_callback_stops_it(tmp_path):
    model(tmp_path / "a.safetensors", size=2048, layers=8)

    def progress(done, total):
        raise LookupError(f"enough at {done}")

    with pytest.raises(LookupError, match="enough at"):
        absmax.quantize_checkpoint(tmp_path / "a.safetensors", tmp_path / "out", progress=progress)
    assert os.listdir(tmp_path) == ["a.safetensors"]


PROGRAM = """
    import absmax, os, signal, sys
    def progress(done, total):
        if done < total:
            os.kill(os.getpid(), signal.SIGINT)
    try:
        absmax.quantize_checkpoint(sys.argv[1], sys.argv[2], progress=progress)
    except KeyboardInterrupt:
        print("interrupted", os.listdir(os.path.dirname(sys.argv[2])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_ctrl_c_leaves_nothing_behind(tmp_path):
    model(tmp_path / "a.safetensors", size=2048, layers=8)
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), tmp_path / "a.safetensors", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == "interrupted ['a.safetensors']\n", done
    assert done.returncode == 0 and done.stderr == ""


def test_a_forked_process_quantizes(tmp_path):
    model(tmp_path / "a.safetensors")
    absmax.quantize_checkpoint(tmp_path / "a.safetensors", tmp_path / "one")
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            absmax.quantize_checkpoint(tmp_path / "a.safetensors", tmp_path / "two")
            os._exit(0)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    one, two = (next(Path(tmp_path / name).glob("*.safetensors")).read_bytes() for name in ["one", "two"])
    assert one == two
