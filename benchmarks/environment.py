"""Size and CPU time of `make demo` in a new environment: `make size`.

Runs with the standard library only, as there is no environment yet. Exits with 1 if the environment is larger than the
limit, or if `make demo` fails.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT_MB = 250
ROOT = Path(__file__).resolve().parents[1]
_MB = 10**6
_LARGEST = 8


def disk_usage(folder: Path) -> int:
    """Bytes on the disk that a directory takes; a file with several hard links counts once."""
    seen: dict[tuple[int, int], int] = {}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def main() -> int:
    """Runs both steps in a copy of the sources, and prints what they took."""
    with tempfile.TemporaryDirectory(prefix="vokcrawl-size-") as temporary:
        copy = Path(temporary) / "vokcrawl"
        copy.mkdir()
        _copy_sources(copy)
        seconds = []
        for target in ("runtime", "demo"):
            before = _cpu_seconds()
            done = subprocess.run(
                ["make", target], cwd=copy, env=_environment(), stdout=subprocess.DEVNULL, check=False
            )
            if done.returncode:
                sys.stderr.write(f"make {target} ended with {done.returncode}\n")
                return 1
            seconds.append(_cpu_seconds() - before)
        size = disk_usage(copy / ".venv")
        _report(copy, size, *seconds)
    return 0 if size <= LIMIT_MB * _MB else 1


def _copy_sources(target: Path) -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def _environment() -> dict[str, str]:
    # Variables of an outer make, and an active environment, would change what is measured.
    outer = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in outer and not name.startswith("VOK_")}


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _report(copy: Path, size: int, install: float, demo: float) -> None:
    (packages,) = (copy / ".venv").glob("lib/python*/site-packages")
    sizes = sorted(((disk_usage(each), each.name) for each in packages.iterdir() if each.is_dir()), reverse=True)
    lines = [
        f"environment     {size / _MB:6.1f} MB (limit {LIMIT_MB} MB)",
        *(f"  {name:<22} {used / _MB:6.1f} MB" for used, name in sizes[:_LARGEST]),
        f"CPU, install    {install:6.1f} s",
        f"CPU, demo       {demo:6.1f} s",
        f"CPU, together   {install + demo:6.1f} s",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
