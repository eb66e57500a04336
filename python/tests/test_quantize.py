"""quantize, quantize_with, dequantize and fake_quantize beside a reference in numpy, on drawn arrays."""

import absmax
import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
NEAR_ONE = st.floats(-4, 4, width=32)
ANY = st.floats(width=32)


@st.composite
def schemes(draw):
    bits, unsigned = draw(st.integers(2, 8)), draw(st.booleans())
    symmetric = draw(st.booleans())
    full = draw(st.booleans()) if symmetric else False
    options = {"symmetric": symmetric}
    if symmetric:
        options["range"] = "full" if full else "narrow"
    return f"{'u' * unsigned}int{bits}", options, (bits, symmetric, unsigned, full)


@st.composite
def arrays(draw, elements):
    """An array of 1 to 4 axes, as it is, strided, reversed or transposed, with what shares a scale."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=9))
    x = draw(hnp.arrays(np.float32, shape, elements=elements))
    x = reference.as_dtype(np.clip(x, -60000, 60000), draw(st.sampled_from(reference.FLOATS))) if draw(st.booleans()) else x
    way = draw(st.sampled_from(["plain", "rows", "reversed", "transposed", "read-only"]))
    if way == "rows":
        wide = np.zeros((*shape[:-1], shape[-1] + 3), x.dtype)
        wide[..., : shape[-1]] = x
        x = wide[..., : shape[-1]]
    elif way == "reversed":
        x = x[::-1]
    elif way == "transposed":
        x = x.T
    elif way == "read-only":
        x.flags.writeable = False
    shared = draw(st.sampled_from(["tensor", "axis", "group"]))
    if shared == "axis":
        return x, {"axis": draw(st.integers(-x.ndim, x.ndim - 1))}
    return x, {"group": draw(st.integers(1, 5))} if shared == "group" else {}


def expected(x, scheme, shared):
    """Integers, scales and zero points of every scale group."""
    q, scales, zero_points, flat = np.zeros(x.size, np.int64), [], [], x.ravel()
    for places in reference.sets(x, **shared):
        scale, zero_point = reference.parameters(flat[places], *scheme)
        q[places] = reference.quantize(flat[places], scale, zero_point, *reference.integers(*scheme))
        scales.append(scale)
        zero_points.append(zero_point)
    return q.reshape(x.shape), np.array(scales, np.float32), np.array(zero_points)


@settings(max_examples=300, deadline=None)
@given(arrays(st.one_of(FINITE, NEAR_ONE)), schemes())
def test_quantize_is_the_reference(drawn, scheme):
    (x, shared), (name, options, parts) = drawn, scheme
    q, scales, zero_points = expected(x, parts, shared)
    found = absmax.quantize(x, name, sums=True, **shared, **options)
    assert found.q.shape == x.shape and found.q.dtype == (np.uint8 if parts[2] else np.int8)
    assert np.array_equal(found.q, q)
    assert np.array_equal(found.scale.ravel().view(np.uint32), scales.view(np.uint32))
    assert np.array_equal(0 * zero_points if found.zero_point is None else found.zero_point.ravel(), zero_points)
    assert (found.zero_point is None) == (not zero_points.any() and parts[1] and not parts[2])
    sums = [q.ravel()[places].sum() for places in reference.sets(x, **shared)]
    assert np.array_equal(found.sums.ravel(), np.array(sums, np.int64))
    again = absmax.quantize_with(x, found.scale, found.zero_point, name, **shared, **options)
    assert np.array_equal(again, q)
    values = np.zeros(x.size, np.float32)
    for places, scale, zero_point in zip(reference.sets(x, **shared), scales, zero_points):
        values[places] = reference.dequantize(q.ravel()[places], scale, zero_point)
    back = found.dequantize("float32")
    assert back.dtype == np.float32 and np.array_equal(back.view(np.uint32), values.reshape(x.shape).view(np.uint32))
    with np.errstate(over="ignore"):
        narrow = reference.as_dtype(values.reshape(x.shape), str(x.dtype))
    for y in (found.dequantize(), absmax.fake_quantize(x, name, **shared, **options)):
        assert y.dtype == x.dtype and y.tobytes() == narrow.tobytes()


@settings(max_examples=200, deadline=None)
@given(arrays(ANY), schemes(), st.data())
def test_given_parameters_are_the_reference(drawn, scheme, data):
    (x, shared), (name, options, parts) = drawn, scheme
    qmin, qmax = reference.integers(*parts)
    places = reference.sets(x, **shared)
    scales = data.draw(hnp.arrays(np.float32, len(places), elements=st.floats(2.0**-140, 2.0**120, width=32)))
    symmetric, offset = parts[1], 1 << (parts[0] - 1) if parts[1] and parts[2] else 0
    zero_points = data.draw(hnp.arrays(np.int32, len(places), elements=st.integers(qmin, qmax)))
    if symmetric:
        zero_points[:] = offset
    q, y = np.zeros(x.size, np.int64), np.zeros(x.size, np.float32)
    for where, scale, zero_point in zip(places, scales, zero_points):
        q[where] = reference.quantize(x.ravel()[where], scale, zero_point, qmin, qmax)
        y[where] = reference.dequantize(q[where], scale, zero_point)
    shape = absmax.quantize(np.zeros(x.shape, np.float32), **shared).scale.shape
    scales, zero_points = scales.reshape(shape), zero_points.reshape(shape)
    found = absmax.quantize_with(x, scales, zero_points, name, **shared, **options)
    assert np.array_equal(found.ravel(), q)
    with np.errstate(over="ignore"):
        y = reference.as_dtype(y.reshape(x.shape), str(x.dtype))
    assert absmax.dequantize(found, scales, zero_points, dtype=x.dtype, **shared).tobytes() == y.tobytes()
    fake = absmax.fake_quantize(x, name, scale=scales, zero_point=zero_points, **shared, **options)
    assert fake.dtype == x.dtype and fake.tobytes() == y.tobytes()


def test_the_control_is_seen():
    """Multiplying by the reciprocal, as other libraries do, is not the reference: the comparison can fail."""
    scales = np.random.default_rng(1).uniform(0.5, 2, 4096).astype(np.float32)
    steps = np.arange(-127, 127, dtype=np.float32) + np.float32(0.5)
    x = (scales[:, None] * steps).astype(np.float32)
    found = absmax.quantize_with(x, scales, axis=0)
    exact = np.clip(np.rint(x / scales[:, None]), -127, 127)
    control = np.clip(np.rint(x * (np.float32(1) / scales)[:, None]), -127, 127)
    assert np.array_equal(found, exact)
    assert 1000 < (control != exact).sum()


@pytest.mark.parametrize("shape", [(1 << 22,), (2048, 2048), (128, 256, 128), ((1 << 20) + 77,)])
@pytest.mark.parametrize("scheme", ["int8", "uint8", "int4"])
def test_large_arrays_on_several_threads(shape, scheme):
    x = np.random.default_rng(2).standard_normal(shape, np.float32)
    parts = (int(scheme[-1]), scheme[0] == "i", scheme[0] == "u", scheme == "int4")
    integers = reference.integers(*parts)
    for shared in [{}, {"axis": 0}, {"axis": -1}, {"axis": len(shape) // 2}, {"group": 32}]:
        if len(shape) == 1 and "axis" in shared:
            continue
        q = absmax.quantize(x, scheme, **shared)
        values = x.ravel()[reference.sets(x, **shared)[-1]]
        scale, zero_point = reference.parameters(values, *parts)
        expected = reference.quantize(values, scale, zero_point, *integers)
        assert np.array_equal(q.q.ravel()[reference.sets(x, **shared)[-1]], expected)
        assert q.scale.ravel()[-1] == scale and (q.zero_point is None or q.zero_point.ravel()[-1] == zero_point)
        assert np.array_equal(absmax.quantize_with(x, q.scale, q.zero_point, scheme, **shared), q.q)
        back = q.dequantize()
        assert np.array_equal(absmax.fake_quantize(x, scheme, **shared), back)
        assert np.array_equal(
            absmax.fake_quantize(x, scheme, scale=q.scale, zero_point=q.zero_point, **shared),
            back,
        )
        if not shared:
            assert np.array_equal(back.ravel(), reference.dequantize(expected, scale, zero_point))
            summed = absmax.quantize(x, scheme, sums=True)
            assert np.array_equal(summed.q, q.q) and summed.sums == q.q.sum(dtype=np.int64)


def test_large_arrays_are_refused_as_small_ones_are():
    x = np.zeros(1 << 22, np.float32)
    x[1_500_000] = np.inf
    for scheme in ["int8", "uint8"]:
        with pytest.raises(absmax.NotFiniteError, match="value inf at index 1500000 is not finite"):
            absmax.quantize(x, scheme)
    with pytest.raises(ValueError, match="zero point 3"):
        absmax.quantize_with(x, 1.0, 3, symmetric=True)
    with pytest.raises(ValueError, match="zero point 3"):
        absmax.fake_quantize(x[:5], scale=1.0, zero_point=3, symmetric=True)
    x[1_500_000] = 3e38
    with pytest.raises(ValueError, match="overflows f16"):
        absmax.quantize(x, scale_dtype="float16")


def test_dtypes_are_named_in_any_way():
    q = absmax.quantize(np.float32([1, -1, 0.5]))
    for dtype in ["float16", np.float16, np.dtype("float16")]:
        assert q.dequantize(dtype).dtype == np.float16
    assert str(q.dequantize("bfloat16").dtype) == "bfloat16"
    assert absmax.dequantize(q.q, q.scale).dtype == np.float32
    with pytest.raises(ValueError, match="dtype: float32, float16 or bfloat16 expected, float64 found"):
        q.dequantize("float64")


def test_scales_are_rounded_to_their_type():
    x = np.random.default_rng(3).standard_normal(1000, np.float32)
    exact = absmax.quantize(x).scale
    for dtype in ["float16", "bfloat16"]:
        scale = absmax.quantize(x, scale_dtype=dtype).scale
        assert scale.dtype == np.float32 and scale == reference.as_dtype(exact, dtype).astype(np.float32) != exact


def test_other_programs_arithmetic():
    x = np.float32([0.043307085, 1.2222222])
    assert absmax.quantize(x).q.tolist() == [4, 127]
    assert absmax.quantize(x, arithmetic="ggml").q.tolist() == [5, 127]
    with pytest.raises(ValueError, match='one of exact, onnx, .* expected, "abacus" found'):
        absmax.quantize(x, arithmetic="abacus")
    with pytest.raises(ValueError, match="axis in the middle"):
        absmax.quantize(np.ones((2, 3, 4), np.float32), axis=1, arithmetic="ggml")


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda x: absmax.quantize(x, "int9"), 'int2 to int8 or uint2 to uint8 expected, "int9" found'),
        (lambda x: absmax.quantize(x, axis=2), "axis: one of an array of 2 axes expected, 2 found"),
        (lambda x: absmax.quantize(x, axis=-3), "axis: one of an array of 2 axes expected, -3 found"),
        (lambda x: absmax.quantize(x, group=0), "group: at least 1 expected, 0 found"),
        (lambda x: absmax.quantize(x, axis=0, group=2), "axis or group expected, both found"),
        (lambda x: absmax.quantize(x, range="wide"), 'range: "narrow" or "full" expected, "wide" found'),
        (lambda x: absmax.quantize(x, symmetric=False, range="full"), "only symmetric schemes"),
        (lambda x: absmax.quantize(x, scale_dtype="int8"), "scale_dtype: float32, float16 or bfloat16 expected"),
        (lambda x: absmax.quantize(np.float32(1), group=2), "an array with at least one axis expected"),
        (lambda x: absmax.quantize_with(x, 0.5, axis=0), r"scale: an array of the shape \[2\] expected, one number"),
        (lambda x: absmax.quantize_with(x, np.ones(3, np.float32), axis=0), r"scale: the shape \[2\] expected, \[3\] found"),
        (lambda x: absmax.quantize_with(x, 0.0), "scale 0"),
        (lambda x: absmax.quantize_with(x, float("nan")), "scale NaN"),
        (lambda x: absmax.quantize_with(x, 1e-60), "scale 0"),
        (lambda x: absmax.quantize_with(x, np.ones(1)), "scale: float32, float16 or bfloat16 expected, float64 found"),
        (lambda x: absmax.quantize_with(x, 1.0, 300), "zero point 300"),
        (lambda x: absmax.quantize_with(x, 1.0, 1 << 40), "zero_point: one of the integers expected, 1099511627776 found"),
        (lambda x: absmax.quantize_with(x, 1.0, 3, symmetric=True), "zero point 3"),
        (lambda x: absmax.dequantize(x, 1.0), "q: int8 or uint8 expected, float32 found"),
        (lambda x: absmax.fake_quantize(x, zero_point=3), "scale: expected, since zero_point is given"),
        (lambda x: absmax.quantize(x * np.float32(1e37), scale_dtype="float16"), "overflows f16"),
    ],
)
def test_what_is_refused(call, text):
    with pytest.raises(ValueError, match=text):
        call(np.arange(6, dtype=np.float32).reshape(2, 3))
