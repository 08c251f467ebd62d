"""Threads of PyTorch that wait without taking a processor."""

import os
import platform
import subprocess
import sys

import pytest

COMMANDS = {
    "detect": ["detect", "missing.tif", "--mask", "mask.tif"],
    "batch": ["batch", "missing.txt", "--output", "results"],
    "worker": ["worker"],
}


def what_openmp_says(arguments: list[str], **variables: str) -> str:
    """OpenMP's settings, which it shows when PyTorch loads it."""
    own = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    return subprocess.run(
        [sys.executable, "-m", "cloudmamba", *arguments],
        input="",
        capture_output=True,
        text=True,
        env={**own, "OMP_DISPLAY_ENV": "true", **variables},
        timeout=60,
        check=False,
    ).stderr


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="reads what GNU's OpenMP says")
@pytest.mark.parametrize("command", COMMANDS)
def test_idle_threads_sleep(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in what_openmp_says(COMMANDS[command])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="reads what GNU's OpenMP says")
def test_the_owners_setting_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = what_openmp_says(COMMANDS["detect"], OMP_WAIT_POLICY="active")
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in said
