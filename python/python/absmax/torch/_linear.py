"""A Linear layer whose weight, and whose input if wanted, are what quantized ones stand for."""

import torch

import absmax
from absmax._absmax import _weight_scheme

SCALE_DTYPES = {torch.float16: "float16", torch.bfloat16: "bfloat16"}


class FakeQuantizedLinear(torch.nn.Module):
    """A Linear layer that computes with the values that quantized weights and activations stand for.

    Its products are those of torch, in the type of the weight, so what it shows is the error of the quantization alone. It is for
    inference: no gradient passes through it.

    scheme is that of quantize_model(). activations is "dynamic" (a scale for each token, computed from it), None, or for static
    activations a pair of one scale and one zero point for all values.
    """

    def __init__(self, linear, scheme="w8a8", activations="dynamic"):
        super().__init__()
        name, options, _ = _weight_scheme(scheme)
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.scheme, self.activations = scheme, activations
        weight = linear.weight.detach()
        # Scales are stored in the type of the weights, as checkpoints have them.
        scale_dtype = SCALE_DTYPES.get(weight.dtype, "float32")
        weight = absmax.fake_quantize(weight, name, scale_dtype=scale_dtype, **options)
        self.weight = torch.nn.Parameter(weight, requires_grad=False)
        bias = None if linear.bias is None else torch.nn.Parameter(linear.bias.detach().clone(), requires_grad=False)
        self.register_parameter("bias", bias)

    def quantized_input(self, x):
        """The values that the quantized input stands for."""
        x = x.detach()
        if self.activations is None:
            return x
        if self.activations == "dynamic":
            return absmax.fake_quantize(x.reshape(-1, x.shape[-1]), "int8", axis=0).reshape(x.shape)
        scale, zero_point = self.activations
        return absmax.fake_quantize(x, "int8", scale=scale, zero_point=zero_point or None)

    def forward(self, x):
        return torch.nn.functional.linear(self.quantized_input(x), self.weight, self.bias)

    def extra_repr(self):
        shape = f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        return f"{shape}, scheme={self.scheme!r}, activations={self.activations!r}"
