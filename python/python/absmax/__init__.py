"""Quantization that is exact to the bit on every CPU."""

from ._absmax import Quantized, __version__, dequantize, fake_quantize, quantize, quantize_with
from ._errors import NotFiniteError

__all__ = ["NotFiniteError", "Quantized", "dequantize", "fake_quantize", "quantize", "quantize_with"]
