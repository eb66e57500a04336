"""The vectors of vectors/, which every implementation of absmax answers to the bit."""

import json
from pathlib import Path

import absmax
import ml_dtypes
import numpy as np
import pytest

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
ELEMENTS = {"f32": (np.uint32, np.float32), "f16": (np.uint16, np.float16), "bf16": (np.uint16, ml_dtypes.bfloat16)}


def numbers(text, element="f32"):
    bits, dtype = ELEMENTS[element]
    return np.array([int(digits, 16) for digits in text.split()], bits).view(dtype)


def cases(topic):
    content = json.loads((VECTORS / f"{topic}.json").read_text())
    assert (content["schema"], content["numerics"]) == (1, 1)
    return content["cases"]


def scheme_of(case):
    """The arguments that name a case's scheme."""
    mapping, bits = case["mapping"], case["bits"]
    unsigned = "offset" in mapping or mapping == "affine_unsigned"
    options = {"scheme": f"{'u' * unsigned}int{bits}", "symmetric": mapping.startswith("symmetric")}
    if options["symmetric"]:
        options["range"] = mapping.rpartition("_")[2]
    shared = case.get("shared", "tensor")
    if shared != "tensor":
        ((kind, number),) = shared.items()
        options["axis" if kind == "channel" else "group"] = number
    scale_types = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}
    return options | {"scale_dtype": scale_types[case.get("scale_type", "f32")]}


@pytest.mark.parametrize("topic", ["tensors", "arithmetic"])
def test_tensors(topic):
    answers = refusals = 0
    for case in cases(topic):
        x = numbers(case["x"], case["element"])
        shape = case["shape"]
        if x.size != np.prod(shape, dtype=int) or case["bits"] not in range(2, 9):
            continue  # There is no such array, or no such name, in Python.
        options = scheme_of(case) | {"arithmetic": case.get("arithmetic"), "sums": "sums" in case}
        if "error" in case:
            with pytest.raises(ValueError) as caught:
                absmax.quantize(x.reshape(shape), **options)
            if isinstance(case["error"], dict) and "not_finite" in case["error"]:
                found = case["error"]["not_finite"]
                assert caught.value.index == found["index"]
                assert np.isnan(caught.value.value) == np.isnan(numbers(found["value"])[0])
            refusals += 1
            continue
        found = absmax.quantize(x.reshape(shape), **options)
        assert found.q.ravel().tolist() == case["q"]
        assert np.array_equal(found.scale.ravel().view(np.uint32), numbers(case["scales"]).view(np.uint32))
        if case.get("zero_points"):
            assert found.zero_point.ravel().tolist() == case["zero_points"]
        if "sums" in case:
            assert found.sums.ravel().tolist() == case["sums"]
        if "dequantized" in case:
            assert found.dequantize().tobytes() == numbers(case["dequantized"], case["element"]).tobytes()
        answers += 1
    assert answers > 100 and refusals > 3


def test_given_parameters():
    seen = 0
    for case in cases("values"):
        scheme = {(-127, 127): ("int8", "narrow"), (-128, 127): ("int8", "full"), (-8, 7): ("int4", "full")}
        scheme = scheme.get((case["qmin"], case["qmax"]))
        if (case["qmin"], case["qmax"]) in [(0, 255), (0, 15)]:
            options = {"scheme": f"uint{case['qmax'].bit_length()}", "zero_point": case["zero_point"]}
        elif scheme and case["zero_point"] == 0:
            options = {"scheme": scheme[0], "range": scheme[1]}
        elif (case["qmin"], case["qmax"]) in [(-128, 127), (-8, 7)]:
            options = {"scheme": scheme[0], "zero_point": case["zero_point"]}
        else:
            continue
        if "error" in case:
            continue
        x, scale = numbers(case["x"], case["element"]), numbers(case["scale"])[0]
        assert absmax.quantize_with(x, scale, **options).tolist() == case["q"]
        fake = absmax.fake_quantize(x, scale=scale, **options)
        assert fake.tobytes() == numbers(case["fake_quantized"], case["element"]).tobytes()
        seen += 1
    assert seen > 20


def test_dequantize():
    seen = 0
    for case in cases("dequantize"):
        if "error" in case:
            continue
        unsigned = case["qmin"] >= 0
        q = np.array(case["q"], np.int64)
        dtype = np.int8 if (q < 0).any() or not unsigned else np.uint8
        x = absmax.dequantize(q.astype(dtype), numbers(case["scale"])[0], case["zero_point"], dtype=ELEMENTS[case["element"]][1])
        assert x.tobytes() == numbers(case["x"], case["element"]).tobytes()
        seen += 1
    assert seen > 20
