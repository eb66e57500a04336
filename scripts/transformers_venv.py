"""The virtual environment with torch, transformers and compressed-tensors, in pinned versions, that several scripts share.

    import transformers_venv
    transformers_venv.enter(__file__)

The environment is made in target/venv-transformers (1.6 GB), or the directory that ABSMAX_VENV_TRANSFORMERS names, as
environment.py has it.
"""

import environment

# The closure of the first line, less what torch lists for GPUs (2 GB and more): hence all by name, and --no-deps.
PINS = """
    torch==2.15.0 transformers==5.24.0 compressed-tensors==0.20.0 accelerate==1.15.0 safetensors==0.8.0 numpy==2.4.6
    annotated-doc==0.0.7 annotated-types==0.8.0 anyio==4.16.0 click==8.5.1 filelock==4.2.11 fsspec==2026.9.0 h11==0.16.0
    hf-xet==1.8.0 httpcore2==2.16.2 httpx2==2.16.2 huggingface_hub==2.4.0 idna==3.20 Jinja2==3.1.6 loguru==0.7.3
    markdown-it-py==4.3.0 MarkupSafe==3.0.4 mdurl==0.1.2 mpmath==1.3.0 networkx==3.6.1 nvidia-cuda-runtime==13.2.86
    packaging==26.3 psutil==7.2.2 pydantic==2.14.3 pydantic_core==2.50.4 Pygments==2.21.0 PyYAML==6.0.3
    regex==2026.11.15 rich==15.0.0 setuptools==80.9.0 shellingham==1.5.4 sympy==1.14.0 tokenizers==0.23.3 tqdm==4.70.1
    truststore==0.10.5 typer==0.29.2 typing-inspection==0.4.5 typing_extensions==4.16.0
""".split()


def enter(script):
    """Runs `script` again inside the environment. Returns only there."""
    environment.enter(script, "transformers", PINS, environment.GPU_LIBRARIES)
