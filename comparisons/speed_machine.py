"""What figures were measured with: the machine, the versions, and the libraries that multiply the matrices.

A figure without these says nothing to anybody else.
"""

import os
import platform
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_info

import minigrad

STAT = Path("/proc/stat")  # where Linux counts what its processors did
TOLERATED = 0.3  # processors that are wanted and not there: the system itself wants some


def environment(device: torch.device) -> dict[str, str]:
    """Machine, versions and BLAS, a line each."""
    gpu = f"; GPU: {torch.cuda.get_device_name(device)}" if device.type == "cuda" else ""
    return {
        "machine": f"{processor()}, {os.cpu_count()} processors, {platform.system()}, {load()}{gpu}",
        "versions": f"Python {platform.python_version()}, minigrad {minigrad.__version__}, NumPy {np.__version__}, "
        f"torch {torch.__version__}",
        "BLAS": f"NumPy: {numpy_blas()}; torch: {torch_blas()}",
    }


def processor() -> str:
    """The processor's name, as Linux tells it; else the architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE) if cpuinfo.exists() else None
    return found[1].strip() if found else platform.machine()


def load() -> str:
    """How many processes wanted a processor in the last minute: what else this machine was doing."""
    return f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


class Neighbours:
    """What other programs did with the processors since this object was made: their work disturbs ours."""

    def __init__(self) -> None:
        self.start = self.now()

    def now(self) -> tuple[float, float, float]:
        """Three clocks in seconds: the wall's, all processors' work, and this program's with its ended children."""
        ticks = [int(field) for field in STAT.read_text().splitlines()[0].split()[1:9]] if STAT.exists() else [0] * 8
        user, nice, system, _, _, irq, softirq, steal = ticks  # without the idle ones
        work = (user + nice + system + irq + softirq + steal) / (os.sysconf("SC_CLK_TCK") if STAT.exists() else 1)
        return time.monotonic(), work, sum(os.times()[:4])

    def busy(self) -> float:
        """How many processors they kept busy, on average; 0 where this is not Linux, which tells."""
        wall, work, own = (after - before for before, after in zip(self.start, self.now(), strict=True))
        return max(work - own, 0.0) / wall if STAT.exists() and wall > 0 else 0.0

    def crowd(self, threads: int) -> bool:
        """Whether they and this program's threads wanted more processors than there are."""
        return self.busy() + threads > (os.cpu_count() or 1) + TOLERATED


def numpy_blas() -> str:
    """The library that NumPy leaves its matrix products to; torch's own is linked into it and is not listed."""
    found: dict[str, Any] = next((pool for pool in threadpool_info() if pool["user_api"] == "blas"), {})
    return " ".join(str(found[key]) for key in ("internal_api", "version", "architecture") if found.get(key)) or "?"


def torch_blas() -> str:
    """The libraries that torch leaves its matrix products and convolutions to."""
    names = {"MKL": r"Math Kernel Library Version (\S+?)-", "oneDNN": r"MKL-DNN v(\S+)", "OpenBLAS": r"OpenBLAS (\S+)"}
    config = torch.__config__.show()
    found = {name: re.search(pattern, config) for name, pattern in names.items()}
    return ", ".join(f"{name} {match[1]}" for name, match in found.items() if match) or "?"
