"""Observers, histograms and error statistics."""

import pickle
import threading

import absmax
import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

VALUES = hnp.arrays(np.float32, hnp.array_shapes(max_dims=3, min_side=0, max_side=20), elements=st.floats(-1e4, 1e4, width=32))
KINDS = {"abs_max": {}, "min_max": {}, "mse": {}, "percentile": {"percent": 99.5}, "moving_average": {"constant": 0.25}}


@pytest.mark.parametrize("kind", KINDS)
def test_an_observer_is_pickled_and_goes_on(kind):
    rng = np.random.default_rng(1)
    observer = absmax.Observer(kind, **KINDS[kind])
    assert observer.limits() is None and observer.params()[0] == 1 and observer.kind == kind
    for _ in range(3):
        observer.observe(rng.standard_normal((5, 100)).astype(np.float32))
    other = pickle.loads(pickle.dumps(observer))
    assert other == observer and other.limits() == observer.limits() and other.kind == kind
    other.observe(np.float32([1e6]))
    assert other != observer


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=4), st.booleans())
def test_limits_are_those_of_numpy(batches, narrow):
    batches = [batch.astype(np.float16) if narrow else batch for batch in batches]
    parts = {kind: [absmax.Observer(kind) for _ in batches] for kind in ["abs_max", "min_max"]}
    histograms = [absmax.Histogram() for _ in batches]
    for i, batch in enumerate(batches):
        for observed in [parts["abs_max"][i], parts["min_max"][i], histograms[i]]:
            observed.observe(batch)
    for first, *others in [*parts.values(), histograms]:
        for other in others:
            first.merge(other)
    x = np.concatenate([batch.ravel() for batch in batches]).astype(np.float32)
    assert histograms[0].count == x.size == sum(count for _, _, count in histograms[0].bins())
    if not x.size:
        assert parts["min_max"][0].limits() is None and histograms[0].min_max is None
        return
    assert parts["min_max"][0].limits() == histograms[0].min_max == (x.min() + 0.0, x.max() + 0.0)
    assert parts["abs_max"][0].limits() == (-np.abs(x).max(), np.abs(x).max())
    for scheme, symmetric, unsigned in [("int8", True, False), ("uint8", False, True)]:
        expected = reference.parameters(x, 8, symmetric, unsigned)
        assert parts["min_max"][0].params(scheme) == expected
    assert pickle.loads(pickle.dumps(histograms[0])) == histograms[0]
    for lower, upper, count in histograms[0].bins():
        # The negative numbers up to -0 are a bin of their own, in which no zero is.
        assert ((lower <= x) & (x <= upper) & ((x < 0) | (upper > 0))).sum() == count
    assert histograms[0].percentile(100) == np.abs(x).max()


def test_moving_average_is_torch_s():
    observer = absmax.Observer("moving_average", constant=0.25)
    observer.observe(np.float32([-1, 2]))
    observer.observe(np.float32([-5, 4]))
    assert observer.limits() == (-2.0, 2.5)
    with pytest.raises(ValueError, match="moving averages .* cannot be merged"):
        observer.merge(absmax.Observer("moving_average"))


def test_what_observers_refuse():
    with pytest.raises(ValueError, match='kind: abs_max, min_max, .* expected, "max" found'):
        absmax.Observer("max")
    with pytest.raises(ValueError, match="percent belongs to percentile"):
        absmax.Observer("mse", percent=3)
    with pytest.raises(ValueError, match="percentile 101"):
        absmax.Observer("percentile", percent=101)
    with pytest.raises(ValueError, match="cannot take in another"):
        absmax.Observer("mse").merge(absmax.Observer("abs_max"))
    for observer in [absmax.Observer(), absmax.Histogram()]:
        observer.observe(np.float32([1, 2]))
        with pytest.raises(absmax.NotFiniteError) as caught:
            observer.observe(np.float32([[1, 2], [7, np.nan]])[:, ::-1])
        assert caught.value.coordinates == (1, 0)
        assert observer == pickle.loads(pickle.dumps(observer)) and getattr(observer, "count", 2) == 2
    for text in ["{}", '{"bins":[[1,0]],"limits":null}']:
        with pytest.raises(ValueError):
            absmax.Histogram._of_json(text)


def test_an_observer_is_used_by_several_threads():
    x = np.random.default_rng(2).standard_normal(1 << 22).astype(np.float32)
    shared, alone = absmax.Histogram(), absmax.Histogram()
    threads = [threading.Thread(target=lambda: [shared.observe(x) for _ in range(2)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(8):
        alone.observe(x)
    assert shared == alone and shared.count == 8 * x.size


@pytest.mark.parametrize("dtype", reference.FLOATS)
@pytest.mark.parametrize("other", reference.FLOATS)
def test_error_stats(dtype, other):
    rng = np.random.default_rng(3)
    x = reference.as_dtype(rng.standard_normal((40, 50)), dtype)
    y = reference.as_dtype(x.astype(np.float64) + rng.standard_normal((40, 50)) / 50, other)
    stats = absmax.error_stats(x, y)
    a, b = x.astype(np.float64), y.astype(np.float64)
    assert stats.count == 2000 and stats.max_abs == np.abs(a - b).max()
    assert np.isclose(stats.mse, ((a - b) ** 2).mean(), rtol=1e-12)
    assert np.isclose(stats.sqnr_db, 10 * np.log10((a**2).sum() / ((a - b) ** 2).sum()), rtol=1e-12)
    assert np.isclose(stats.cosine, (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()), rtol=1e-12)
    merged = absmax.error_stats(x[:10], y[:10]).merge(absmax.error_stats(x[10:], y[10:]))
    assert merged.count == 2000 and np.isclose(merged.mse, stats.mse, rtol=1e-12)
    assert absmax.error_stats(x.T, y.T).max_abs == stats.max_abs
    with pytest.raises(ValueError, match=r"y: the shape \[40, 50\] expected, \[50, 40\] found"):
        absmax.error_stats(x, y.T)
