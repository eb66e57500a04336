"""What quantization does to a model of torch: fake-quantized Linear layers, and the error of every one of them.

quantized = absmax.torch.quantize_model(model, "w8a8")
print(absmax.torch.layer_errors(model, batches, "w8a8"))
"""

from ._errors import LayerError, LayerErrors, layer_errors
from ._linear import FakeQuantizedLinear
from ._model import quantize_model

__all__ = ["FakeQuantizedLinear", "LayerError", "LayerErrors", "layer_errors", "quantize_model"]
