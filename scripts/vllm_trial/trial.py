"""One model in one scheme: made, quantized, computed by transformers and by vLLM, and judged."""

import multiprocessing
import os
import resource
import signal
import subprocess
import tempfile
from pathlib import Path

import torch
from vllm_trial.compare import compare
from vllm_trial.engine import generate
from vllm_trial.models import MODELS, VOCABULARY, WINDOW, make
from vllm_trial.reference import log_probabilities, reference

# Of CPU time, and of any.
CPU_SECONDS, SECONDS = 240, 1200
ROOT = Path(__file__).resolve().parent.parent.parent
CARGO_RUN = ["cargo", "run", "--release", "-q", "-p", "absmax-cli", "--manifest-path", ROOT / "Cargo.toml", "--"]
ABSMAX = [os.environ["ABSMAX"]] if "ABSMAX" in os.environ else CARGO_RUN

# Longer than a window of attention, and shorter.
LENGTHS, COUNT = (5, WINDOW + 8), 16
PROMPTS = [[3 + (7 * i * i + 31 * n) % (VOCABULARY - 3) for i in range(n)] for n in LENGTHS]


def quantize(name, scheme, source, out):
    """How absmax ends, and what it says."""
    options = f"--scheme {scheme} {MODELS[name][3]}".split()
    return subprocess.run([*ABSMAX, "quantize", source, "-o", out, *options], capture_output=True, text=True)


def first_words(error):
    """The start of a message, which names what is refused, without what differs from run to run."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    # Of a list of kernels and what is against each, that for CPUs is the last.
    text = lines[-1] if lines[0].endswith("Reasons:") else lines[0]
    return text[:120].split("/tmp")[0].strip()


def try_out(name, scheme, spoil=None):
    """(verdict, more about it). `spoil(out)` changes the files after transformers has read them."""
    with tempfile.TemporaryDirectory() as directory:
        source, out, of_floats = (Path(directory) / n for n in ("source", "out", "floats"))
        make(name, source)
        run = quantize(name, scheme, source, out)
        if run.returncode:
            return "absmax refuses: " + first_words(run.stderr.removeprefix("error: ")), ""
        warned = "warned, " if "vLLM" in run.stderr + run.stdout else ""
        # In f32 there is less noise than in bf16, which the kernel for int4 is limited to.
        dtype = "bfloat16" if "a16" in scheme else "float32"
        model = reference(source, out, of_floats, getattr(torch, dtype))
        if spoil:
            spoil(out)
        try:
            answers = generate(out, PROMPTS, COUNT, dtype)
        except Exception as error:
            return f"{warned}vLLM refuses: {first_words(error)}", ""
        sequences = [prompt + [token for token, _ in answer] for prompt, answer in zip(PROMPTS, answers)]
        expected = [log_probabilities(model, sequence, COUNT) for sequence in sequences]
        found = compare(answers, expected)
        return warned + ("same tokens" if found.same() else "OTHER TOKENS"), str(found)


def child(pipe, log, arguments):
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        pipe.send(try_out(*arguments))
    except Exception as error:
        pipe.send((f"the check fails: {type(error).__name__}: {error}", ""))
    # Without what vLLM would do at the end of an interpreter.
    os._exit(0)


def in_child(*arguments):
    """try_out(*arguments) in a process of its own, which may crash or take too long, but does not import vLLM again."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    log = os.open(os.environ.get("ABSMAX_VLLM_LOG", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    process = fork.Process(target=child, args=(there, log, arguments))
    process.start()
    there.close()
    os.close(log)
    try:
        return here.recv() if here.poll(SECONDS) else (f"takes more than {SECONDS} s", "")
    except EOFError:
        process.join()
        late = process.exitcode == -signal.SIGXCPU
        return (f"takes more than {CPU_SECONDS} s" if late else f"vLLM crashes: {process.exitcode}"), ""
    finally:
        process.kill()
        process.join()
