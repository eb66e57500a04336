"""What arrays may come in, where results go, and what is refused by name."""

import array
import pickle
import sys

import absmax
import ml_dtypes
import numpy as np
import pytest

X = np.random.default_rng(5).standard_normal((6, 70)).astype(np.float32)


class Foreign:
    """An array of another library, which has DLPack alone. This module is the library: it has `from_dlpack`."""

    def __init__(self, values, device=(1, 0), legacy=False):
        self.values, self.device, self.legacy = values, device, legacy

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **options):
        if self.legacy and options:
            raise TypeError("no options")
        return self.values.__dlpack__(**options)


def from_dlpack(other):
    return Foreign(np.from_dlpack(other))


@pytest.mark.parametrize("legacy", [False, True])
def test_dlpack_comes_back_in_its_library(legacy):
    expected = absmax.quantize(X, axis=0)
    found = absmax.quantize(Foreign(X, legacy=legacy), axis=0)
    assert type(found.q) is Foreign and type(found.scale) is Foreign
    assert np.array_equal(found.q.values, expected.q) and np.array_equal(found.scale.values, expected.scale)
    back = found.dequantize()
    assert type(back) is Foreign and np.array_equal(back.values, expected.dequantize())


@pytest.mark.parametrize("device, text", [((2, 1), "device type 2, CUDA, index 1"), ((99, 0), "device type 99, index 0")])
def test_another_device_is_refused_by_name(device, text):
    with pytest.raises(ValueError, match=f"x: an array in main memory expected, found one on another device: DLPack's {text}"):
        absmax.quantize(Foreign(X, device))


def test_a_read_only_dlpack_array_is_read_and_not_written():
    q = np.zeros(X.shape, np.int8)
    q.flags.writeable = False
    with pytest.raises(ValueError, match="out: an array that may be written to expected"):
        absmax.quantize(X, out=Foreign(q))
    values = X.copy()
    values.flags.writeable = False
    assert np.array_equal(absmax.quantize(Foreign(values)).q.values, absmax.quantize(X).q)


def test_the_buffer_protocol():
    numbers = array.array("f", [1.0, -1.0, 0.5, -0.5])
    for x in [numbers, memoryview(numbers), memoryview(numbers).toreadonly()]:
        q = absmax.quantize(x)
        assert type(q.q) is np.ndarray and q.q.tolist() == [127, -127, 64, -64]
    assert absmax.dequantize(b"\x01\x02", 0.5).tolist() == [0.5, 1.0]
    assert absmax.quantize(memoryview(numbers)[::-2]).q.tolist() == [-64, -127]


def test_numpy_scalars_and_empty_arrays():
    q = absmax.quantize(np.float32(2))
    assert q.q.shape == q.scale.shape == () and q.q == 127 and q.dequantize() == 2
    for shape, shared, scales in [
        ((0,), {}, ()),
        ((3, 0), {"axis": 0}, (3,)),
        ((0, 3), {"group": 2}, (0, 2)),
        ((2, 3, 0), {"axis": 1}, (3,)),
    ]:
        q = absmax.quantize(np.zeros(shape, np.float32), "uint8", **shared)
        assert q.q.shape == shape and q.scale.shape == q.zero_point.shape == scales and (q.scale == 1).all()


def layouts(x):
    """The same values, laid out in several ways."""
    wide = np.full((x.shape[0], x.shape[1] + 5), np.nan if x.dtype.itemsize > 1 else 99, x.dtype)
    wide[:, 2:-3] = x
    raw = np.zeros(x.nbytes + 1, np.uint8)
    unaligned = raw[1:].view(x.dtype).reshape(x.shape)
    unaligned[...] = x
    return [x, wide[:, 2:-3], np.asfortranarray(x), x[::-1].copy()[::-1], unaligned, np.repeat(x, 2, axis=1)[:, ::2]]


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("shared", [{}, {"axis": 0}, {"axis": 1}, {"group": 32}])
def test_layouts_do_not_matter(dtype, shared):
    x = X.astype(dtype)
    expected = absmax.quantize(x, "uint8", **shared)
    for y in layouts(x):
        found = absmax.quantize(y, "uint8", **shared)
        assert found.q.tobytes() == expected.q.tobytes() and np.array_equal(found.scale, expected.scale)
        assert np.array_equal(absmax.quantize_with(y, found.scale, found.zero_point, "uint8", **shared), expected.q)
        assert absmax.fake_quantize(y, "uint8", **shared).tobytes() == expected.dequantize().tobytes()
    for q in layouts(expected.q.view(np.int8)):
        found = absmax.dequantize(
            q.view(np.uint8) if q.flags.c_contiguous else q.astype(np.uint8),
            expected.scale,
            expected.zero_point,
            dtype=dtype,
            **shared,
        )
        assert found.tobytes() == expected.dequantize().tobytes()


def test_subclasses_and_axes_in_the_middle():
    x = np.random.default_rng(6).standard_normal((3, 4, 5, 6)).astype(np.float32)
    for axis in range(-4, 4):
        moved = np.moveaxis(x, axis, 0)
        expected = absmax.quantize(np.ascontiguousarray(moved), axis=0)
        found = absmax.quantize(x, axis=axis)
        assert np.array_equal(np.moveaxis(found.q, axis, 0), expected.q) and np.array_equal(found.scale, expected.scale)
    assert np.array_equal(absmax.quantize(X.view(np.matrix)).q, absmax.quantize(X).q)


@pytest.mark.parametrize("way", ["plain", "rows of a wider array"])
@pytest.mark.parametrize("shared", [{}, {"axis": 0}, {"axis": -1}, {"group": 7}])
def test_out_is_written_and_nothing_beside_it(way, shared):
    def room(dtype):
        wide = np.full((X.shape[0], X.shape[1] + 4), 99, dtype)
        return (wide, wide[:, 1:-3]) if way != "plain" else (wide, np.full(X.shape, 99, dtype))

    expected = absmax.quantize(X, "uint8", **shared)
    wide, out = room(np.uint8)
    found = absmax.quantize(X, "uint8", out=out, **shared)
    assert found.q is out and np.array_equal(out, expected.q) and (wide[:, -3:] == 99).all() and (wide[:, 0] == 99).all()
    wide, out = room(np.uint8)
    assert absmax.quantize_with(X, found.scale, found.zero_point, "uint8", out=out, **shared) is out
    assert np.array_equal(out, expected.q) and (wide[:, -3:] == 99).all()
    wide, out = room(np.float16)
    assert found.dequantize(out=out) is out and np.array_equal(out, expected.dequantize("float16"))
    wide, out = room(np.float32)
    assert absmax.fake_quantize(X, "uint8", out=out, **shared) is out
    assert np.array_equal(out, expected.dequantize()) and (wide[:, -3:] == 99).all() and (wide[:, 0] == 99).all()


def read_only(x):
    x.flags.writeable = False
    return x


@pytest.mark.parametrize(
    "out, text",
    [
        (np.zeros(X.shape, np.uint8), "out: int8 expected, uint8 found"),
        (np.zeros(X.shape, np.int16), "out: int8 expected, int16 found"),
        (np.zeros((6, 71), np.int8), r"out: the shape \[6, 70\] expected, \[6, 71\] found"),
        (np.zeros(420, np.int8), r"out: the shape \[6, 70\] expected, \[420\] found"),
        (read_only(np.zeros(X.shape, np.int8)), "out: an array that may be written to expected, found a read-only one"),
        (np.zeros((70, 6), np.int8).T, "out: rows of consecutive elements expected"),
        (np.broadcast_to(np.int8(0), X.shape), "read-only"),
    ],
)
def test_out_is_refused(out, text):
    with pytest.raises(ValueError, match=text):
        absmax.quantize(X, axis=0, out=out)


def test_out_that_overlaps_is_refused():
    memory = np.zeros(X.size * 4 + 420, np.uint8)
    x = memory[: X.size * 4].view(np.float32).reshape(X.shape)
    x[...] = X
    with pytest.raises(ValueError, match="out: memory of its own expected, found some that x reaches over"):
        absmax.quantize(x, out=memory[:420].view(np.int8).reshape(X.shape))
    with pytest.raises(ValueError, match="out: memory of its own expected"):
        absmax.fake_quantize(x, out=x)
    assert np.array_equal(x, X)
    beside = memory[X.size * 4 :].view(np.int8).reshape(X.shape)
    assert np.array_equal(absmax.quantize(x, out=beside).q, absmax.quantize(X).q)


@pytest.mark.parametrize(
    "x, text",
    [
        (X.astype(np.float64), "x: float32, float16 or bfloat16 expected, float64 found: convert it first"),
        (X.astype(">f4"), r"x: the bytes of its elements are swapped \(>f4\)"),
        (X.astype(">f2"), "swapped"),
        (X.astype(np.int8), "x: float32, float16 or bfloat16 expected, int8 found"),
        (X.astype(np.complex64), "complex64 found"),
        (X.astype(object), "object found"),
        (X.astype(ml_dtypes.float8_e4m3fn), "float8_e4m3fn found"),
        (np.zeros(3, [("a", "f4")]), "found"),
        (Foreign(X.astype(np.float64)), "float64|of 64 bits"),
        (np.ma.array(X), "x: a masked array found, whose mask would be lost"),
        (array.array("d", [1.0]), "d found"),
    ],
)
def test_types_are_refused_by_name(x, text):
    with pytest.raises(ValueError, match=text):
        absmax.quantize(x)


@pytest.mark.parametrize("x", [[1.0, 2.0], 1.0, None, "text", object()])
def test_what_is_no_array_is_a_type_error(x):
    with pytest.raises(TypeError, match="x: an array of numpy or torch expected"):
        absmax.quantize(x)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shared", [{}, {"axis": 0}, {"axis": 1}, {"group": 32}])
@pytest.mark.parametrize("way", range(6))
def test_the_first_value_that_is_not_finite(value, shared, way):
    x = X.copy()
    x[3, 41] = x[5, 2] = value
    x = layouts(x)[way]
    with pytest.raises(absmax.NotFiniteError) as caught:
        absmax.quantize(x, **shared)
    error = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(error, ValueError) and (error.index, error.coordinates) == (3 * 70 + 41, (3, 41))
    assert np.array_equal(error.value, value, equal_nan=True)
    assert str(error) == f"value {'NaN' if value != value else value} at index 251, which is (3, 41), is not finite"
    with pytest.raises(absmax.NotFiniteError):
        absmax.fake_quantize(x, **shared)
    assert absmax.quantize_with(x, 1.0)[3, 41] == {np.inf: 127, -np.inf: -127}.get(value, 0)


def test_nothing_is_leaked():
    x, out = X.copy(), np.zeros(X.shape, np.int8)
    absmax.quantize(x, out=out)
    before = sys.getrefcount(x), sys.getrefcount(out)
    for _ in range(10):
        absmax.quantize(x, axis=0, out=out)
        absmax.quantize(Foreign(x))
        with pytest.raises(ValueError):
            absmax.quantize(x, axis=7, out=out)
    assert (sys.getrefcount(x), sys.getrefcount(out)) == before
    x.resize((3, 3), refcheck=False)  # No buffer is held.
