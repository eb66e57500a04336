"""Runs every trial in a child process of its own, so that one that crashes or never ends does not end the run."""

import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import time

from zoo.architectures import LeftOut, first_that_runs
from zoo.trial import Row, Trial, try_out

CPU_SECONDS, SECONDS, BYTES = 60, 300, 8 << 30


def child(kind, names, pipe):
    """Sends (trial, None), or (None, why there is none)."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
    name = ""
    try:
        name, model, inputs = first_that_runs(names)
        pipe.send((try_out(kind, name, model, inputs), None))
    except LeftOut as error:
        pipe.send((None, str(error)))
    except Exception as error:
        complaint = f"{type(error).__name__}: {str(error)[:160]}"
        pipe.send((broken(kind, name, f"the check fails: {complaint}") if name else None, complaint))


def late(*_):
    raise TimeoutError(f"it takes more than {CPU_SECONDS} s")


def broken(kind, name, reason):
    return Trial(kind, name, [Row(True, "w8a8", "WRONG", reason)])


def run(architectures, jobs, enough):
    """Yields (model type, trial or None, why there is none) in the order given, until enough have been tried."""
    fork = multiprocessing.get_context("fork")
    waiting, running, done = list(enumerate(architectures)), {}, {}
    next_one = tried = 0
    try:
        while next_one < len(architectures) and tried < enough:
            while waiting and len(running) < jobs:
                index, (kind, names) = waiting.pop(0)
                here, there = fork.Pipe(duplex=False)
                process = fork.Process(target=child, args=(kind, names, there))
                process.start()
                there.close()
                running[here] = index, kind, process, time.monotonic()
            for pipe in multiprocessing.connection.wait(list(running), timeout=1):
                index, kind, process, _ = running.pop(pipe)
                try:
                    done[index] = kind, *pipe.recv()
                except EOFError:
                    process.join()
                    done[index] = kind, broken(kind, "", f"its process ends with {process.exitcode}"), None
                process.join()
            for _, _, process, since in running.values():
                if time.monotonic() - since > SECONDS:
                    process.kill()
            while next_one in done and tried < enough:
                tried += done[next_one][1] is not None
                yield done.pop(next_one)
                next_one += 1
    finally:
        for _, _, process, _ in running.values():
            process.terminate()
            process.join()
