"""The arithmetic of other programs, for scripts/check-vectors: what each preset chooses on each axis, and what the choices are.

Written anew from the formulas in docs/numerics.md and in the documentation of `absmax::arithmetic`, so that a fault in the code of
absmax is not a fault here, too.
"""

import math

from vectors_numbers import bits32, error, f32, integers, narrow_bits, of32, overflow, store, text, widen_bits

EXACT = {
    "multiplier": "divide",
    "scale": "step",
    "limits": "normal",
    "zeros": "one",
    "narrowing": "before",
    "zero_point": "difference",
    "added": "after_rounding",
    "rounding": "half_even",
    "precision": "f32",
    "schemes": None,  # all
    "blocks": "plain",
}
INT8, UINT8, FULL_INT8 = ["affine_signed"], ["affine_unsigned"], ["symmetric_full", "affine_signed"]
GGML = EXACT | {"multiplier": "reciprocal", "limits": "none", "zeros": "zero", "narrowing": "after", "rounding": "half_away"}
GGML |= {"schemes": ["symmetric_narrow"], "blocks": "signed"}
XNNPACK = EXACT | {"multiplier": "steps_over_range", "scale": "reciprocal_of_multiplier", "limits": "none"}
XNNPACK |= {"zero_point": "either_end", "schemes": INT8}
PRESETS = {
    "exact": EXACT,
    "onnx": EXACT | {"limits": "none", "schemes": UINT8},
    "torch": EXACT
    | {"multiplier": "reciprocal", "scale": "binary64", "limits": "widened", "zeros": "tenth"}
    | {"zero_point": "either_end_binary64", "schemes": UINT8},
    "torchao": EXACT
    | {"multiplier": "reciprocal", "limits": "at_least_epsilon", "zeros": "zero"}
    | {"zero_point": "rounded_quotient", "precision": "element_parameters", "schemes": FULL_INT8},
    "compressed-tensors": EXACT
    | {"limits": "none", "zeros": "epsilon", "zero_point": "difference_or_zero", "added": "before_rounding"}
    | {"precision": "element", "schemes": FULL_INT8},
    "bitsandbytes": EXACT
    | {"multiplier": "steps_times_reciprocal", "scale": "range", "limits": "none", "zeros": "zero"}
    | {"schemes": ["symmetric_narrow"]},
    "ggml": GGML,
    "ggml-x86": GGML | {"multiplier": "steps_over_range", "rounding": "half_even"},
    "candle": GGML | {"blocks": "signed_away"},
    "xnnpack": XNNPACK,
    "kleidiai": XNNPACK | {"rounding": "half_away"},
}
LEAST = f32(6.1e-5)  # the least step of "widened"


def half_away(x):
    whole = int(x)  # towards 0
    return whole + (1 if x > 0 else -1) if abs(x - whole) >= 0.5 else whole


ROUND = {"half_even": round, "half_away": half_away}


def over(x, y):
    """x / y of numbers that have no sign, rounded to binary32. Python refuses to divide by 0."""
    return f32(x / y) if y else math.inf


def as_type(x, type):
    """The number of the type that is nearest to a binary32 number."""
    return of32(widen_bits(narrow_bits(bits32(x), type), type))


def computed(x, case, by, set):
    """What a set is quantized with, or an error: the step, the multiplier or None, the stored scale, the zero point."""
    qmin, qmax = integers(case)
    symmetric = case["mapping"].startswith("symmetric")
    parameter = lambda y: y if by["precision"] == "f32" else as_type(y, case["element"])
    low, high, steps = min(min(x), 0.0) + 0.0, max(max(x), 0.0) + 0.0, qmax - qmin
    if symmetric:
        span = max(-low, high)
        low, high, steps = -span, span, steps / 2
    else:
        span = parameter(f32(high - low))
    epsilon = {"f32": 2.0**-23, "f16": 2.0**-10, "bf16": 2.0**-7}[case["element"]]
    zeros = {"one": 1.0, "zero": 0.0, "tenth": f32(0.1), "epsilon": epsilon}[by["zeros"]]
    if low == high == 0:
        scale = max(zeros, 2.0**-23) if by["limits"] == "at_least_epsilon" else zeros
        zero = symmetric or by["zero_point"] == "difference_or_zero"
        return 1.0, None, scale, 0 if zero else zero_point(0.0, 0.0, 1.0, 1.0, 1.0, case, by)
    step = (high - low) / steps if by["scale"] == "binary64" else parameter(f32(span / steps))
    if by["limits"] == "normal":
        step = max(step, 2.0**-126)
    elif by["limits"] == "at_least_epsilon":
        step = max(step, 2.0**-23)
    elif by["limits"] == "widened" and math.isinf(over(1.0, f32(step))):
        step = zeros
    elif by["limits"] == "widened" and step < LEAST:
        factor, widest = f32(LEAST / f32(step)), f32(LEAST * steps)
        if low == 0 or high == 0:
            low, high = (low, widest) if low == 0 else (-widest, high)
        else:
            low, high = f32(low * factor), f32(high * factor)
        step = LEAST
    rounded = store(f32(step), case["scale_type"]) if by["narrowing"] == "before" else f32(step)
    multiplier = {
        "divide": None,
        "reciprocal": over(1.0, rounded),
        "steps_over_range": over(steps, span),
        "steps_times_reciprocal": f32(steps * over(1.0, span)),
    }[by["multiplier"]]
    if rounded == 0 or multiplier == math.inf:
        return error("scale_underflow", set=set, scale=text([rounded]))
    scale = {"range": span, "reciprocal_of_multiplier": over(1.0, multiplier or 0.0)}.get(by["scale"], rounded)
    if by["narrowing"] == "after":
        scale = as_type(scale, case["scale_type"])
    if math.isinf(scale):
        return overflow(set, -span, span, case) if symmetric else overflow(set, min(x) + 0.0, max(x) + 0.0, case)
    return rounded, multiplier, scale, 0 if symmetric else zero_point(low, high, step, rounded, multiplier, case, by)


def zero_point(low, high, step, rounded, multiplier, case, by):
    """That of an affine scheme. Only binary64 computes with the step that is not rounded yet."""
    qmin, qmax = integers(case)
    parameter = lambda y: y if by["precision"] == "f32" else as_type(y, case["element"])
    if by["zero_point"] == "either_end":
        below, above = f32(low * multiplier), f32(high * multiplier)
        number = f32(qmin - below) if f32(f32(qmin + below) + f32(qmax + above)) > 0 else f32(qmax - above)
    elif by["zero_point"] == "either_end_binary64":
        below, above = low / step, high / step
        number = qmin - below if abs(qmin) - abs(below) < abs(qmax) - abs(above) else qmax - above
    elif by["zero_point"] == "rounded_quotient":
        number = qmin - round(parameter(f32(low / rounded)))
    else:
        number = parameter(f32(qmin - parameter(f32(low / rounded))))
    return min(max(round(number), qmin), qmax)


def integer(x, step, multiplier, zero_point, case, by):
    to_type = lambda y: as_type(y, case["element"]) if by["precision"] == "element" else y
    number = to_type(f32(x / step) if multiplier is None else f32(x * multiplier))
    if by["added"] == "before_rounding":
        q = ROUND[by["rounding"]](to_type(f32(number + zero_point)))
    else:
        q = ROUND[by["rounding"]](number) + zero_point
    qmin, qmax = integers(case)
    return min(max(q, qmin), qmax)
