"""The virtual environment with onnx and ONNX Runtime, in pinned versions, that several scripts share.

    import onnx_venv
    onnx_venv.enter(__file__)

It is made in target/venv-onnx (200 MB), or the directory that ABSMAX_VENV_ONNX names, as environment.py has it.
"""

import environment

PINS = """
    onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6 safetensors==0.8.0
    flatbuffers==25.12.19 ml_dtypes==0.6.0 packaging==26.3 protobuf==7.36.2 typing_extensions==4.16.0
""".split()


def enter(script):
    """Runs `script` again inside the environment. Returns only there."""
    environment.enter(script, "onnx", PINS)
