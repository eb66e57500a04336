"""The numbers of vectors/*.json: their bits, the types that they are rounded to, the integers of a scheme, and errors.

Why this is exact: a Python float is binary64. The sum, difference, product or quotient of two binary32 numbers, rounded to
binary64 and then to binary32, is what binary32 arithmetic gives: 53 digits are more than twice 24 and one, so the first
rounding never hides on which side of a tie the result lies. `struct` does the second rounding, to nearest even. Where an
arithmetic computes in binary64, its numbers are Python's own.
"""

import math
import struct


def f32(x):
    """x, rounded to binary32. Infinity is what struct refuses to make."""
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return math.copysign(math.inf, x)


def bits32(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def of32(bits):
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def widen_bits(bits, element):
    """The bits of the same number in binary32. A NaN of a narrow type becomes quiet and keeps sign and payload."""
    if element == "f32":
        return bits
    if element == "bf16":
        return bits << 16 | (0x400000 if bits & 0x7FFF > 0x7F80 else 0)
    if bits & 0x7FFF > 0x7C00:
        return (bits & 0x8000) << 16 | 0x7FC00000 | (bits & 0x3FF) << 13
    return bits32(struct.unpack("<e", struct.pack("<H", bits))[0])


def narrow_bits(bits, element):
    """The bits of the number of the type that is nearest, the even one of two."""
    if element == "f32":
        return bits
    if bits & 0x7FFFFFFF > 0x7F800000:
        return bits >> 16 | 0x40 if element == "bf16" else bits >> 16 & 0x8000 | 0x7E00 | bits >> 13 & 0x3FF
    if element == "bf16":
        return bits + 0x7FFF + (bits >> 16 & 1) >> 16
    try:
        return struct.unpack("<H", struct.pack("<e", of32(bits)))[0]
    except OverflowError:
        return bits >> 16 & 0x8000 | 0x7C00


def numbers(text, element="f32"):
    return [of32(widen_bits(int(digits, 16), element)) for digits in text.split()]


def text(x, element="f32"):
    return " ".join(f"{narrow_bits(bits32(x), element):0{8 if element == 'f32' else 4}x}" for x in x)


def integers(case):
    half = 2 ** (case["bits"] - 1)
    qmin = -half + case["mapping"].endswith("narrow")
    offset = 0 if case["mapping"] in ("symmetric_narrow", "symmetric_full", "affine_signed") else half
    return qmin + offset, half - 1 + offset


def store(scale, scale_type):
    if scale_type == "f16" and scale < 2**-14:
        return math.ceil(scale * 2**24) / 2**24
    return of32(widen_bits(narrow_bits(bits32(scale), scale_type), scale_type))


def error(name, **fields):
    return {"error": {name: fields} if fields else name}


def overflow(set, low, high, case):
    return error("scale_overflow", set=set, min=text([low]), max=text([high]), scale_type=case["scale_type"])
