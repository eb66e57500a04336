"""These tests need torch, and some transformers; without them they are left out with a line that says so."""

import os
import sys

import pytest

if hasattr(sys, "setdlopenflags"):
    # torch may be installed without the libraries for GPUs, and then binds their functions never.
    sys.setdlopenflags(os.RTLD_LAZY)
torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(1)
    torch.set_num_threads(2)
