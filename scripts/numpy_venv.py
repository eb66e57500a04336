"""The virtual environment with numpy, in pinned versions, that several scripts share.

    import numpy_venv
    numpy_venv.enter(__file__)

It is made in target/venv-numpy, or the directory that ABSMAX_VENV_NUMPY names, as environment.py has it.
"""

import environment

PINS = ["numpy==2.4.6", "ml_dtypes==0.6.0", "safetensors==0.8.0"]


def enter(script):
    """Runs `script` again inside the environment. Returns only there."""
    environment.enter(script, "numpy", PINS)
