"""Quantization that is exact to the bit on every CPU."""

from collections.abc import Callable, Sequence
from os import PathLike
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

class Observer:
    """Watches the values of a tensor, batch by batch, and says with which scale and zero point to
    quantize it.

    ```text
    Observer("abs_max")                        limits -max|x| and max|x|
    Observer("min_max")                        limits min x and max x
    Observer("moving_average", constant=0.01)  averages of the batches' min x and max x
    Observer("percentile", percent=99.9)       min x and max x, cut off at a percentile of |x|
    Observer("mse")                            min x and max x, cut off for the least squared error
    ```

    The state depends on the values alone; but for moving averages, neither on their order nor on
    the batches. It may be pickled, and observers of parts of the data be merged. An observer may be
    used by several threads.
    """

    def __init__(
        self, kind: str = "min_max", *, percent: float | None = None, constant: float | None = None
    ) -> None: ...
    @property
    def kind(self) -> str:
        """The kind: abs_max, min_max, moving_average, percentile or mse."""
    def observe(self, x: Any) -> None:
        """Takes in a batch. If it holds NaN or an infinity, NotFiniteError is raised and the observer
        is as it was.
        """
    def merge(self, other: Observer) -> None:
        """Takes in what another observer of the same kind has seen."""
    def limits(
        self,
        scheme: str = "int8",
        *,
        symmetric: bool | None = None,
        range: str | None = None,
        scale_dtype: str | None = None,
    ) -> tuple[float, float] | None:
        """The least and the largest value that the integers should stand for, or None before anything
        was observed.
        """
    def params(
        self,
        scheme: str = "int8",
        *,
        symmetric: bool | None = None,
        range: str | None = None,
        scale_dtype: str | None = None,
    ) -> tuple[float, int]:
        """The scale and the zero point of a scheme, as quantize() has schemes."""

class Histogram:
    """Counts how many of the observed values are in each bin, over the whole range of float32.

    A bin is the upper 16 bits of a float32: 128 of them lie between two powers of two. Bins are the
    same whatever the data are, so histograms of parts, merged in any order, are the histogram of
    the whole. It may be pickled.
    """

    def __init__(self) -> None: ...
    @property
    def count(self) -> int:
        """The number of values observed."""
    @property
    def min_max(self) -> tuple[float, float] | None:
        """The least and the largest value observed, or None before anything was."""
    def observe(self, x: Any) -> None:
        """Counts the values of x. If there is NaN or an infinity among them, NotFiniteError is raised
        and nothing is counted.
        """
    def merge(self, other: Histogram) -> None:
        """Adds what another histogram has counted."""
    def bins(self) -> list[tuple[float, float, int]]:
        """The bins that hold something, from the least to the largest: (lower, upper, count). Both
        edges belong to a bin.
        """
    def percentile(self, percent: float) -> float:
        """The magnitude that so many percent of the magnitudes do not exceed, up to the width of a
        bin.
        """
    def mse_clip(
        self,
        scheme: str = "int8",
        *,
        symmetric: bool | None = None,
        range: str | None = None,
        scale_dtype: str | None = None,
    ) -> float:
        """The magnitude to clip at for the least squared error by a scheme, as quantize() has schemes."""

class ErrorStats:
    """How far approximations y are from values x, with e = x - y. Sums are of float64, in a fixed
    order.
    """

    @property
    def count(self) -> int:
        """The number of values."""
    @property
    def mse(self) -> float:
        """The mean squared error, mean(e**2). It is 0 if there are no values."""
    @property
    def max_abs(self) -> float:
        """The largest error, max |e|."""
    @property
    def sqnr_db(self) -> float:
        """The signal to noise ratio, 10 log10(sum x**2 / sum e**2), in decibels. It is infinite if
        there is no error.
        """
    @property
    def cosine(self) -> float:
        """The cosine of the angle between x and y. It is 1 if both are zero."""
    def merge(self, other: ErrorStats) -> ErrorStats:
        """The stats of these values followed by others."""

def error_stats(x: Any, y: Any) -> ErrorStats:
    """How far approximations y are from values x: arrays of the same shape, of float32, float16 or
    bfloat16.

    Returns an ErrorStats: count, mse, max_abs, sqnr_db, cosine, and merge() for several parts.

    Raises ValueError if the shapes differ. An error that is NaN makes the figures NaN.
    """

def quantize_checkpoint(
    src: str | PathLike[str],
    out: str | PathLike[str],
    scheme: str = "w8a8",
    *,
    ignore: Sequence[str] = ...,
    overrides: Sequence[str] = ...,
    clip: str | None = None,
    on_ragged: str | None = None,
    experts: str | None = None,
    on_unloadable: str | None = None,
    requantize: bool = False,
    replace: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], object] | None = None,
) -> dict[str, Any]:
    """Quantizes a checkpoint to a compressed-tensors checkpoint, which transformers and vLLM load.

    src is a model directory as transformers saves it, or one safetensors file. out is the directory
    that is written. scheme is "w8a8", "w8a16" or "w4a16", with what differs from its defaults after
    commas, as in "w4a16,group=64,asymmetric". ignore names modules that are left as they are, by
    their names or as "re:PATTERN"; overrides gives some another scheme, as in
    "re:.*mlp.*=w4a16,group=32". clip is "mse", "percentile=99.9" or None; on_ragged "keep" or
    "channel" says what becomes of weights whose rows the groups do not divide, experts="keep"
    leaves experts that are stacked in one tensor, on_unloadable is "keep" or "write". requantize
    reads a source that is quantized already, replace writes to a directory that exists, and
    dry_run=True writes nothing.

    progress is called with the bytes done and the bytes in all, on the calling thread, some fifty
    times a second at most. The last call has all bytes done.

    Returns the report as a dict: "tensors", "warnings", "files", "ratio", "worst" and others, as
    `absmax quantize --json` has them.

    Ctrl-C raises KeyboardInterrupt, and an exception of progress goes on to the caller: either
    stops the work within a tenth of a second, and whatever was written is removed. (Once all files
    are written and get their names, which takes moments, the work runs to its end first.)

    Raises FileNotFoundError and other OSErrors, FileExistsError if out exists and replace is not
    set, and ValueError for everything else: with the names and the numbers. Nothing is left behind.
    """

def selftest(effort: str = "normal") -> dict[str, Any]:
    """Proves on this CPU that every kernel returns the bits of its reference, on each instruction set.

    effort is "quick" (strides through everything), "normal" (less than a minute on two cores) or
    "exhaustive" (all 2**32 floats as well). Ctrl-C stops it.

    Returns the report as a dict, as `absmax selftest --json` has it; "passed" is what it comes to.
    """

def isa() -> str:
    """The instruction set that computes here: "avx512", "avx2", "neon" or "portable". It changes no
    bit of any result.
    """

def free_memory() -> None:
    """Gives the memory back to the system that is kept for large results: 128 MiB at most."""
