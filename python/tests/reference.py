"""What absmax has to answer, in plain numpy: a division, a rint, a clip. It shares nothing with the package."""

import numpy as np

FLOATS = ["float32", "float16", "bfloat16"]


def as_dtype(x, dtype):
    """The values in a type of floats, by ml_dtypes where numpy has none."""
    if dtype == "bfloat16":
        import ml_dtypes

        return x.astype(ml_dtypes.bfloat16)
    return x.astype(dtype)


def integers(bits, symmetric, unsigned, full):
    """The least and the largest integer, and the number of steps between zero and the largest value."""
    half = 1 << (bits - 1)
    offset = half if unsigned and symmetric else 0
    if not symmetric:
        return (0, 2 * half - 1) if unsigned else (-half, half - 1)
    return (offset - half if full else offset + 1 - half), offset + half - 1


def parameters(x, bits=8, symmetric=True, unsigned=False, full=False):
    """The scale and the zero point of a set of values."""
    x = x.astype(np.float32)
    qmin, _ = integers(bits, symmetric, unsigned, full)
    low, high = np.float32(min(x.min(initial=0), 0)), np.float32(max(x.max(initial=0), 0))
    steps = np.float32(2**bits - 1)
    with np.errstate(over="ignore"):
        if symmetric:
            peak = max(-low, high)
            scale = peak / (steps / np.float32(2) if full else np.float32(2 ** (bits - 1) - 1))
        else:
            span = np.float32(high - low)
            scale = high / steps - low / steps if np.isinf(span) else span / steps
    scale = np.float32(1) if low == high == 0 else max(np.float32(scale), np.float32(2.0**-126))
    if symmetric:
        return scale, 1 << (bits - 1) if unsigned else 0
    qmin, qmax = integers(bits, symmetric, unsigned, full)
    zero_point = int(np.rint(np.float32(qmin) - low / scale))
    return scale, min(max(zero_point, qmin), qmax)


def quantize(x, scale, zero_point, qmin, qmax):
    """The integers of values, as int64. NaN becomes the zero point."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        quotient = np.clip(x.astype(np.float32) / np.float32(scale), -1e6, 1e6)
    rounded = np.where(np.isnan(quotient), 0, np.rint(quotient)).astype(np.int64)
    return np.clip(rounded + zero_point, qmin, qmax)


def dequantize(q, scale, zero_point):
    """The values that integers stand for, in binary32."""
    with np.errstate(over="ignore", under="ignore"):
        return (q.astype(np.int64) - zero_point).astype(np.float32) * np.float32(scale)


def sets(x, axis=None, group=None):
    """The places of the values of each scale group, as arrays that index the flat array."""
    places = np.arange(x.size).reshape(x.shape)
    if axis is not None:
        along = np.moveaxis(places, axis, 0)
        return list(along.reshape(len(along), np.prod(along.shape[1:], dtype=int)))
    if group is None:
        return [places.ravel()]
    rows = places.reshape(np.prod(x.shape[:-1], dtype=int), x.shape[-1])
    return [row[start : start + group] for row in rows for start in range(0, x.shape[-1], group)]
