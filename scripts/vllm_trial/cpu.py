"""What vLLM's results depend on of the CPU, so that its verdicts do not."""

from pathlib import Path

FLAGS = set(Path("/proc/cpuinfo").read_text().split())

# Without it int8 products are those of vpmaddubsw, which adds two of them in 16 bits and saturates.
VNNI = bool({"avx512_vnni", "avx_vnni", "amx_int8"} & FLAGS)

WNA16 = "this CPU has no AVX-512, which vLLM's kernel for int4 needs: torch computes its products, from vLLM's layout"
NOTES = [] if VNNI else ["this CPU has no VNNI: int8 products saturate in vLLM, and so they do in the reference"]
