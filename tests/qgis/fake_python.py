#!/usr/bin/python3
"""Stands in for a Python from which the engine's environment is made, and for the new one.

``CLOUDMAMBA_FAKE_PYTHON`` says how it behaves; every call is added as a line to the file that
``CLOUDMAMBA_FAKE_RECORD`` names.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

MODE = os.environ.get("CLOUDMAMBA_FAKE_PYTHON", "normal")
ARGUMENTS = sys.argv[1:]
PIP_FAILURES = {
    "no network": "WARNING: Retrying (Retry(total=1, connect=None)) after connection broken by"
    " 'NewConnectionError': /whl/cpu/torch/\nERROR: ... NewConnectionError: Failed to establish a new connection: [Errno -3]"
    " Temporary failure in name resolution\nERROR: No matching distribution found for torch",
    "proxy": "ERROR: ... ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed"
    ": 407 Proxy Authentication Required'))",
    "disk full": "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on"
    " device",
    "no build": "ERROR: No matching distribution found for torch>=2.13",
    "strange": "ERROR: Something that nobody foresaw",
}


def record():
    facts = {"arguments": ARGUMENTS, "environment": dict(os.environ), "folder": os.getcwd()}
    with open(os.environ["CLOUDMAMBA_FAKE_RECORD"], "a", encoding="utf-8") as file:
        file.write(json.dumps(facts) + "\n")


def say(text):
    print(text, flush=True)


def make_environment(folder):
    (folder / "bin").mkdir()
    shutil.copy(__file__, folder / "bin" / "python")


def install(what):
    is_torch = any(word.startswith("torch") for word in what)
    if is_torch and MODE in PIP_FAILURES:
        say(PIP_FAILURES[MODE])
        sys.exit(1)
    if is_torch and MODE == "slow":
        # pip too starts programs of its own, which must not outlive it
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(os.environ["CLOUDMAMBA_FAKE_RECORD"]).with_name("child.pid").write_text(str(child.pid))
        try:
            for done in range(0, 60_000_000, 600_000):
                say(f"Progress {done} of 60000000")
                time.sleep(0.1)
        except KeyboardInterrupt:
            child.send_signal(signal.SIGTERM)
            child.wait()
            sys.exit("ERROR: Operation cancelled by user")
    if is_torch and MODE == "deaf":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("Collecting torch")
        time.sleep(60)
    say(f"Progress 30000000 of 60000000\nSuccessfully installed {what[-1]}")


def serve():
    if MODE == "broken engine":
        sys.exit("ImportError: libcudart.so.13: cannot open shared object file")
    packages = {"torch": "2.13.0", "numpy": "2.4.6"}
    say(json.dumps({"type": "hello", "protocol": 2, "version": "0.1.0", "python": "3.12.1",
                    "packages": packages}))  # fmt: skip
    if MODE == "slow engine":
        time.sleep(60)
    device = {"id": "cpu", "name": "Processor", "memory_free_mb": 9000}
    model = {"name": "fake", "version": "1", "trained_on": "nothing", "licence": "none"}
    say(json.dumps({"type": "ready", "devices": [device], "models": [model]}))
    sys.stdin.read()


def main():
    record()
    if ARGUMENTS[:2] == ["-m", "venv"]:
        make_environment(Path(ARGUMENTS[-1]))
    elif ARGUMENTS[:3] == ["-m", "pip", "install"] or "--python" in ARGUMENTS:
        install(ARGUMENTS[3:])
    elif ARGUMENTS == ["-m", "cloudmamba", "prepare"]:
        if MODE == "cannot prepare":
            sys.exit("LLVM ERROR: out of memory")
        say("Ready to detect on fake (avx2).")
    elif ARGUMENTS[:2] == ["-m", "cloudmamba"]:
        serve()
    elif ARGUMENTS[0] == "-c":
        os.execv(sys.executable, [sys.executable, *ARGUMENTS])
    else:
        sys.exit(f"the fake Python does not know {ARGUMENTS}")


main()
