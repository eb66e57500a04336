"""Quantization that is exact to the bit on every CPU."""

from ._absmax import (
    ErrorStats,
    Histogram,
    Observer,
    Quantized,
    __version__,
    dequantize,
    error_stats,
    fake_quantize,
    free_memory,
    isa,
    quantize,
    quantize_checkpoint,
    quantize_with,
    selftest,
)
from ._errors import NotFiniteError

__all__ = [
    "ErrorStats",
    "Histogram",
    "NotFiniteError",
    "Observer",
    "Quantized",
    "dequantize",
    "error_stats",
    "fake_quantize",
    "free_memory",
    "isa",
    "quantize",
    "quantize_checkpoint",
    "quantize_with",
    "selftest",
]
