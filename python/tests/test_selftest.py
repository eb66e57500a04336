"""The proof, from Python."""

import signal
import subprocess
import sys
import time

import absmax
import pytest


def test_it_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match='effort: quick, normal or exhaustive expected, "slow" found'):
        absmax.selftest("slow")
    assert absmax.isa() in ("avx512", "avx2", "neon", "portable")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
def test_ctrl_c_stops_it():
    program = "import absmax\nprint('ready', flush=True)\n"
    program += "try: absmax.selftest('exhaustive')\nexcept KeyboardInterrupt: print('stopped')"
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.5)
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60)[0] == "stopped\n" and child.returncode == 0
