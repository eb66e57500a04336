"""The virtual environment with the engines that absmax has presets of, in pinned versions.

    import engines_venv
    engines_venv.enter(__file__)

It is made in target/venv-engines (2.0 GB), or the directory that ABSMAX_VENV_ENGINES names, as environment.py has it.
"""

import environment
import transformers_venv

PINS = """
    onnxruntime==1.31.1 onnx==1.23.2 ml_dtypes==0.6.0 protobuf==7.36.2 flatbuffers==25.12.19
    ai-edge-litert==2.3.0 bitsandbytes==0.50.2 gguf==0.19.0 libggml-python==0.20.2.post1 torchao==0.18.0
""".split()


def enter(script):
    """Runs `script` again inside the environment. Returns only there."""
    environment.enter(script, "engines", [*transformers_venv.PINS, *PINS], environment.GPU_LIBRARIES)
