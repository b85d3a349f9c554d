"""PyTorch's own results."""

import io

import numpy as np
import pytest

import tessera

torch = pytest.importorskip("torch")


class Attention(torch.nn.Module):
    """Attention behind a norm, with a residual."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm = torch.nn.LayerNorm(width)
        self.qkv, self.out = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(self.norm(x)).chunk(3, -1))
        weights = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1)
        return x + self.out(torch.nn.functional.gelu((weights @ v).transpose(1, 2).flatten(-2)))


def _exported(module, *inputs, **options):
    file = io.BytesIO()
    torch.onnx.export(module.eval(), inputs, file, dynamo=False, opset_version=17, **options)
    return file.getvalue()


@pytest.mark.parametrize("name", ["convolution", "attention", "lstm"])
def test_results_are_those_of_torch(name):
    torch.manual_seed(3)
    nn = torch.nn
    if name == "convolution":
        x = torch.randn(2, 3, 32, 32)
        net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4096, 10))
    elif name == "attention":
        x = torch.randn(2, 20, 64)
        net = Attention(64, 4)
    else:
        x = torch.randn(7, 2, 16)
        net = nn.LSTM(16, 24, 2, bidirectional=True)
    with torch.no_grad():
        expected = net.eval()(x)
    expected = expected[0] if isinstance(expected, tuple) else expected
    model = tessera.load(_exported(net, x, input_names=["x"]))
    # A tensor of torch goes in as it is, and the result comes out as one, without a copy.
    found = torch.from_numpy(next(iter(model.run({"x": x}).values())))
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_torch_and_tessera_share_a_process():
    """Two OpenMP runtimes and their threads."""
    weight = torch.randn(256, 256)
    x = torch.randn(64, 256)
    model = tessera.load(_exported(torch.nn.Linear(256, 256), x, input_names=["x"]))
    for _ in range(20):
        torch.mm(weight, weight)
        found = next(iter(model.run({"x": x}).values()))
    assert np.isfinite(found).all()
