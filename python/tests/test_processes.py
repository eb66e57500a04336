"""Threads, processes that are forked, and pickles."""

import copy
import multiprocessing
import os
import pickle
import signal
import threading
import time

import absmax
import numpy as np
import pytest

LARGE = np.random.default_rng(7).standard_normal(1 << 22).astype(np.float32)


def test_quantized_is_pickled_and_copied():
    x = np.random.default_rng(8).standard_normal((4, 6)).astype(np.float16)
    for options in [{"axis": 0}, {"group": 4, "sums": True}, {"scheme": "uint4"}]:
        q = absmax.quantize(x, **options)
        for other in [pickle.loads(pickle.dumps(q)), copy.deepcopy(q), copy.copy(q)]:
            assert type(other) is absmax.Quantized
            assert other.dequantize().tobytes() == q.dequantize().tobytes()
            assert (other.scheme, other.axis, other.group, other.dtype) == (q.scheme, q.axis, q.group, q.dtype)
            assert np.array_equal(other.q, q.q) and (other.sums is None) == (q.sums is None)


def test_threads_run_beside_each_other():
    """While one thread quantizes, another one runs Python: the interpreter's lock is released."""
    x = np.random.default_rng(9).standard_normal(1 << 24).astype(np.float32)
    out = np.empty(x.shape, np.int8)
    absmax.quantize(x, out=out)
    expected, steps, done = out.copy(), 0, threading.Event()

    def work():
        for _ in range(20):
            absmax.quantize(x, out=out)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        steps += 1
        time.sleep(0)
    thread.join()
    assert np.array_equal(out, expected)
    # Were the lock held, this thread would run between two calls only, some twenty times.
    assert steps > 200


def test_many_threads_get_the_same_answers():
    expected, answers = absmax.quantize(LARGE).q, []
    threads = [threading.Thread(target=lambda: answers.append(absmax.quantize(LARGE).q)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and all(np.array_equal(answer, expected) for answer in answers)


def test_memory_of_results_is_used_again_but_never_twice_at_once():
    x = LARGE
    one, two = absmax.quantize(x).q, absmax.quantize(-x).q
    address, kept = one.ctypes.data, one.copy()
    assert address % 64 == 0 and not np.shares_memory(one, two)
    view = one[10:20]
    del one
    three = absmax.quantize(x).q  # The view still holds the memory.
    assert not np.shares_memory(view, three) and np.array_equal(view, kept[10:20])
    del view
    assert absmax.quantize(x).q.ctypes.data == address
    absmax.free_memory()
    assert np.array_equal(absmax.quantize(x).q, kept) and np.array_equal(two, -kept)


def quantized_in_child(_):
    return absmax.quantize(LARGE).q[:1000].tobytes()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_goes_on():
    """rayon's threads are gone in the child: it must neither hang nor answer otherwise."""
    expected = absmax.quantize(LARGE).q
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            same = np.array_equal(absmax.quantize(LARGE).q, expected)
            os._exit(0 if same else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing(method):
    expected = absmax.quantize(LARGE).q[:1000].tobytes()
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(quantized_in_child, range(4)).get(timeout=60) == [expected] * 4
