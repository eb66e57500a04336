"""Tensors of torch come in and go back, and some are refused by name."""

import absmax
import numpy as np
import pytest
import torch

X = np.random.default_rng(4).standard_normal((6, 70)).astype(np.float32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shared", [{}, {"axis": 0}, {"axis": -1}, {"group": 32}])
def test_tensors_come_back_as_tensors(dtype, shared):
    x = torch.from_numpy(X).to(dtype)
    values = x.float().numpy()
    expected = absmax.quantize(values, "uint8", sums=True, **shared)
    wide = torch.zeros(6, 80, dtype=dtype)
    wide[:, 5:75] = x
    for y in [x, wide[:, 5:75], x.T.contiguous().T, x[None][0], torch.nn.Parameter(x, requires_grad=False)]:
        q = absmax.quantize(y, "uint8", sums=True, **shared)
        assert q.q.dtype == torch.uint8 and q.scale.dtype == torch.float32 and q.zero_point.dtype == torch.int32
        for name in ["q", "scale", "zero_point", "sums"]:
            assert np.array_equal(getattr(q, name).numpy(), getattr(expected, name))
        back = q.dequantize()
        assert back.dtype == dtype and torch.equal(back, torch.from_numpy(expected.dequantize()).to(dtype))
        assert torch.equal(absmax.fake_quantize(y, "uint8", **shared), back)
        again = absmax.quantize_with(y, q.scale, q.zero_point, "uint8", **shared)
        assert type(again) is torch.Tensor and torch.equal(again, q.q)
        assert absmax.error_stats(y, back) == absmax.error_stats(x, back)
    out = torch.full((6, 80), 99, dtype=torch.uint8)
    assert absmax.quantize(x, "uint8", out=out[:, :70], **shared).q.data_ptr() == out.data_ptr()
    assert np.array_equal(out[:, :70].numpy(), expected.q) and (out[:, 70:] == 99).all()
    assert q.dequantize(torch.bfloat16).dtype == torch.bfloat16


def test_torch_s_own_integers_with_its_arithmetic():
    x = torch.randn(100_000)
    ours = absmax.quantize_with(x, 0.0123, 3, "uint8", arithmetic="torch")
    theirs = torch.clamp(torch.round(x * (1 / torch.tensor(0.0123))) + 3, 0, 255).to(torch.uint8)
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    "x, text",
    [
        (torch.ones(3, requires_grad=True), r"x: the tensor requires grad, .* give x.detach\(\)"),
        (torch.nn.Linear(2, 3).weight, "requires grad"),
        (torch.ones(3, device="meta"), r"found one on the device meta: give x.cpu\(\)"),
        (torch.ones(3, dtype=torch.float64), "x: float32, float16 or bfloat16 expected, torch.float64 found"),
        (torch.ones(3, dtype=torch.int32), "int32 found"),
        (torch.ones(3).to_sparse(), "x: "),
    ],
)
def test_what_is_refused_by_name(x, text):
    with pytest.raises(ValueError, match=text):
        absmax.quantize(x)


def test_nan_is_found():
    x = torch.ones(4, 5)
    x[2, 3] = float("nan")
    with pytest.raises(absmax.NotFiniteError) as caught:
        absmax.quantize(x, axis=0)
    assert (caught.value.index, caught.value.coordinates) == (13, (2, 3))


def test_results_outlive_their_makers_and_may_be_written():
    q = absmax.quantize(torch.from_numpy(X)).q
    copy = q.clone()
    for _ in range(10):
        absmax.quantize(torch.randn(6, 70))
    assert torch.equal(q, copy)
    q += 1
    assert absmax.quantize(torch.tensor(2.0)).q.shape == ()
    assert absmax.quantize(torch.zeros(0, 3), axis=1).scale.tolist() == [1, 1, 1]


def test_views_of_the_other_sign_are_refused():
    view = torch._neg_view(torch.tensor([1.0, -2.0, 3.0]))
    with pytest.raises(ValueError, match="resolve_neg"):
        absmax.quantize(view)
    assert absmax.quantize(view.resolve_neg()).q.tolist() == [-42, 85, -127]


def test_tensors_without_memory_are_refused():
    from torch._subclasses import FakeTensorMode

    with pytest.raises(ValueError, match="memory"):
        absmax.quantize(FakeTensorMode().from_tensor(torch.ones(3)))
