"""Memory that is taken once and kept."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")

PROGRAM = """
from cloudmamba.allocator import keep_freed_memory
keep_freed_memory()

b"1" * (512 << 20)
rollup = open("/proc/self/smaps_rollup").read()
print(rollup.partition("AnonHugePages:")[2].split()[0])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory is kept with glibc only")
@pytest.mark.skipif(
    not LARGE_PAGES.is_file() or "[never]" in LARGE_PAGES.read_text(),
    reason="this system gives no large pages",
)
def test_freed_memory_stays_in_large_pages():
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    # The text of 512 MB is freed by now; the system may be short of large pages for some of it.
    assert int(finished.stdout) > 100_000
