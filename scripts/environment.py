"""The scripts' virtual environments: each of pinned packages from PyPI, made when it is first wanted.

    import environment
    environment.enter(__file__, "numpy", ["numpy==2.4.6"])

`enter` runs the script again inside the environment, which is made first if it is not there: in target/venv-NAME, or the
directory that ABSMAX_VENV_NAME (in capitals) names. `SCRIPT --install` makes the environment and ends.

Needs Python 3.11 or newer with its venv module; for torch, Linux on x86-64 and cc as well.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# PyPI's torch for Linux is linked against these (2 GB). Without a GPU none is ever called, so empty ones do.
GPU_LIBRARIES = """
    libcublas.so.13 libcublasLt.so.13 libcudnn.so.9 libcufft.so.12 libcufile.so.0 libcupti.so.13 libcusparse.so.12
    libcusparseLt.so.0 libnccl.so.2 libnvrtc.so.13 libnvshmem_host.so.3
""".split()


def enter(script, name, pins, gpu_libraries=()):
    """Runs `script` again inside the environment of `pins`, which is all that it needs. Returns only there."""
    home = Path(os.environ.get(f"ABSMAX_VENV_{name.upper()}", ROOT / f"target/venv-{name}")).resolve()
    if Path(sys.prefix).resolve() == home:
        if gpu_libraries:
            os.environ.update(HF_HUB_OFFLINE="1", TQDM_DISABLE="1", CUDA_VISIBLE_DEVICES="")
            # Functions are bound when they are called: those of the empty libraries never are.
            sys.setdlopenflags(os.RTLD_LAZY)
        return
    if {"-h", "--help"} & {*sys.argv[1:]}:
        # Who asks what a script does need not install a gigabyte first.
        print(sys.modules["__main__"].__doc__)
        sys.exit()
    # Written last, so that an install that was cut short is done again.
    done, content = home / "absmax-pins.txt", "\n".join([*pins, *gpu_libraries])
    if not done.exists() or done.read_text() != content:
        print(f"installing {', '.join(pins[:2])} and others into {home}", flush=True)
        subprocess.check_call([sys.executable, "-m", "venv", home])
        pip = [home / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-cache-dir"]
        subprocess.check_call([*pip, "--no-deps", *pins])
        make_empty(gpu_libraries, home)
        done.write_text(content)
    if sys.argv[1:] == ["--install"]:
        sys.exit()
    os.execv(home / "bin/python", [home / "bin/python", script, *sys.argv[1:]])


def make_empty(libraries, home):
    for name in libraries:
        (directory,) = home.glob("lib/python3*/site-packages/nvidia/cu13/lib")
        cc = ["cc", "-shared", "-fPIC", "-x", "c", "-", f"-Wl,-soname,{name}", "-o", directory / name]
        # The one variable among the symbols that torch wants: unlike a function it is bound at once.
        subprocess.run(cc, input=b"int nvshmem_selected_device_transport;", check=True)
