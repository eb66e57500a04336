"""Quantization that is exact to the bit on every CPU."""

from typing import Any

__version__: str

class NotFiniteError(ValueError):
    """A scale was to be computed from values of which one is NaN or infinite.

    `index` counts the values of the array in C order, `coordinates` has an index for each axis, and `value` is the value.
    """

    index: int
    coordinates: tuple[int, ...]
    value: float

class Quantized:
    """Quantized values with all that it takes to read them, as quantize() returns them.

    q: the integers, int8 or uint8, of the shape of x.
    scale: float32; its shape is that of the scale groups.
    zero_point: int32, of the shape of scale; None if all are 0.
    sums: int32, the sum of the integers of each scale group; None unless asked for.
    scheme, axis, group: the arguments. dtype: the type of x by its name.

    It may be pickled, and made of its parts.
    """

    q: Any
    scale: Any
    zero_point: Any | None
    sums: Any | None
    scheme: str
    axis: int | None
    group: int | None
    dtype: str

    def __init__(
        self,
        q: Any,
        scale: Any,
        zero_point: Any | None = None,
        sums: Any | None = None,
        scheme: str = "int8",
        axis: int | None = None,
        group: int | None = None,
        dtype: str = "float32",
    ) -> None: ...
    def dequantize(self, dtype: Any | None = None, out: Any | None = None) -> Any:
        """The values that the integers stand for, in the type of x or in dtype; see dequantize()."""

def quantize(
    x: Any,
    scheme: str = "int8",
    *,
    axis: int | None = None,
    group: int | None = None,
    symmetric: bool | None = None,
    range: str | None = None,
    scale_dtype: str | None = None,
    arithmetic: str | None = None,
    sums: bool = False,
    out: Any | None = None,
) -> Quantized:
    """Quantizes an array with scales that are computed from its values:

    ```text
    q = clip(rint(x / scale) + zero_point, qmin, qmax)
    ```

    The division and the rounding (ties to even) are those of binary32, exactly, on every CPU.

    x is an array of float32, float16 or bfloat16 with any number of axes: of numpy or torch, or one
    with DLPack or the buffer protocol, in main memory. It may be read-only, and its rows may stand
    apart; other layouts (transposed, reversed, unaligned) are copied first. scheme, symmetric and
    range say what to quantize to:

    ```text
    "int8" .. "int2"               symmetric   -127..127  scale = max|x| / 127
      up to 4 bits                 symmetric   -8..7      scale = max|x| / 7.5, the full range
      with range="narrow"          symmetric   -127..127  scale = max|x| / 127
      with range="full"            symmetric   -128..127  scale = max|x| / 127.5
      with symmetric=False         affine      -128..127  scale = (max - min) / 255
    "uint8" .. "uint2"             affine      0..255     scale = (max - min) / 255
      with symmetric=True or range symmetric   1..255     128 larger, which is the zero point
    ```

    The values that share a scale are all of them; or with axis those of one index along that axis
    (axis=0 of weights [out, in]: one scale for each output channel); or with group so many
    neighbours along the last axis, of which the last group of a row may be shorter. Scales have the
    shape (), `(x.shape[axis],)` or `x.shape[:-1] + (groups,)`. They are float32; scale_dtype
    "float16" or "bfloat16" rounds them to that type before the values are quantized by them. No
    values, or zeros alone, have the scale 1.

    arithmetic computes as another program does, to its bits: "onnx", "torch", "torchao",
    "compressed-tensors", "bitsandbytes", "ggml", "ggml-x86", "candle", "xnnpack", "kleidiai". Then
    there is no axis in the middle, nor columns.

    sums=True computes the sum of the integers of each scale group as well (int32).

    out is an array of the integers' type and of the shape of x, contiguous or of rows that stand
    apart. It gets the integers, and becomes the result's q. It shares no memory with x.

    Returns a Quantized, whose arrays are of the library of x.

    Raises NotFiniteError with the first NaN or infinity, and ValueError with the numbers if
    arguments do not fit one another, or if a scale overflows scale_dtype. After an error about
    values, out holds integers that mean nothing; after any other error nothing has been written.
    """

def quantize_with(
    x: Any,
    scale: Any,
    zero_point: Any | None = None,
    scheme: str = "int8",
    *,
    axis: int | None = None,
    group: int | None = None,
    symmetric: bool | None = None,
    range: str | None = None,
    arithmetic: str | None = None,
    out: Any | None = None,
) -> Any:
    """Quantizes an array with given scales, and zero points if there are any. Infinities saturate, and
    NaN becomes the zero point.

    scale is a number, which is rounded to float32, or an array of the shape that quantize() gives
    it for the same axis or group (axes of length 1 may be more or fewer). zero_point is an integer
    or an array of the same shape of int32, int64, int8 or uint8, or None if all are 0. If it is
    given, the scheme is affine ("int8": -128..127) unless symmetric=True. Without it "int8" is
    -127..127.

    The other arguments, and out, are those of quantize(). Returns the integers.

    Raises ValueError with the numbers if a scale is not finite and positive, if a zero point is
    none of the integers, or if arguments do not fit one another. Then nothing has been written.
    """

def dequantize(
    q: Any,
    scale: Any,
    zero_point: Any | None = None,
    *,
    axis: int | None = None,
    group: int | None = None,
    dtype: Any | None = None,
    out: Any | None = None,
) -> Any:
    """Dequantizes integers: x = (q - zero_point) * scale, one binary32 product, rounded once more if
    dtype is narrower.

    q is an array of int8 or uint8, one integer in each byte, of any scheme. scale, zero_point, axis
    and group are those of quantize_with(), and arrays come in and results go back as quantize()
    says. dtype is "float32" (the default), "float16" or "bfloat16", or such a type of numpy or
    torch. out is an array for the values; if dtype is not given, it is that of out.

    Raises ValueError as quantize_with() does.
    """

def fake_quantize(
    x: Any,
    scheme: str = "int8",
    *,
    scale: Any | None = None,
    zero_point: Any | None = None,
    axis: int | None = None,
    group: int | None = None,
    symmetric: bool | None = None,
    range: str | None = None,
    scale_dtype: str | None = None,
    arithmetic: str | None = None,
    out: Any | None = None,
) -> Any:
    """Quantizes and dequantizes: the values that the integers stand for, in the type of x.

    The scales are computed from the values, unless scale (and zero_point) is given as in
    quantize_with(). The other arguments are those of quantize(), but out is of the type of x. The
    bits are those of quantize() or quantize_with() and then dequantize().

    Raises what quantize() or quantize_with() raises.
    """
