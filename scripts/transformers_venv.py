"""The virtual environment with torch, transformers and compressed-tensors, in pinned versions, that several scripts share.

    import transformers_venv
    transformers_venv.enter(__file__)

`enter` runs the script again inside the environment, which is made first if it is not there: in target/venv-transformers
(1.6 GB), or the directory that ABSMAX_VENV_TRANSFORMERS names. `SCRIPT --install` makes the environment and ends.

Needs Linux on x86-64, Python 3.11 or newer with its venv module, and cc.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

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

# PyPI's torch for Linux is linked against these. Without a GPU none is ever called, so empty ones do.
GPU_LIBRARIES = """
    libcublas.so.13 libcublasLt.so.13 libcudnn.so.9 libcufft.so.12 libcufile.so.0 libcupti.so.13 libcusparse.so.12
    libcusparseLt.so.0 libnccl.so.2 libnvrtc.so.13 libnvshmem_host.so.3
""".split()


def enter(script):
    """Runs `script` again inside the environment. Returns only there."""
    home = Path(os.environ.get("ABSMAX_VENV_TRANSFORMERS", ROOT / "target/venv-transformers")).resolve()
    if Path(sys.prefix).resolve() == home:
        os.environ.update(HF_HUB_OFFLINE="1", TQDM_DISABLE="1", CUDA_VISIBLE_DEVICES="")
        # Functions are bound when they are called: those of the empty libraries never are.
        sys.setdlopenflags(os.RTLD_LAZY)
        return
    # Written last, so that an install that was cut short is done again.
    done = home / "absmax-pins.txt"
    if not done.exists() or done.read_text() != "\n".join(PINS + GPU_LIBRARIES):
        print(f"installing torch and transformers into {home}", flush=True)
        subprocess.check_call([sys.executable, "-m", "venv", home])
        pip = [home / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-cache-dir"]
        subprocess.check_call([*pip, "--no-deps", *PINS])
        (libraries,) = home.glob("lib/python3*/site-packages/nvidia/cu13/lib")
        for name in GPU_LIBRARIES:
            cc = ["cc", "-shared", "-fPIC", "-x", "c", "-", f"-Wl,-soname,{name}", "-o", libraries / name]
            # The one variable among the symbols that torch wants: unlike a function it is bound at once.
            subprocess.run(cc, input=b"int nvshmem_selected_device_transport;", check=True)
        done.write_text("\n".join(PINS + GPU_LIBRARIES))
    if sys.argv[1:] == ["--install"]:
        sys.exit()
    os.execv(home / "bin/python", [home / "bin/python", script, *sys.argv[1:]])
