"""Says in a sentence why a step of the set-up failed and what to do, from what it printed."""

from __future__ import annotations

import re

from cloudmamba_qgis.translation import tr

_NO_CONNECTION = (
    "Temporary failure in name resolution|Name or service not known|nodename nor servname"
    "|getaddrinfo failed|NewConnectionError|Failed to establish a new connection"
    "|Network is unreachable|Connect(ion)?Timeout|Read ?Timeout|Connection refused"
    "|Connection reset"
)


def explain(step_title: str, output: str) -> str:
    """One or two sentences for people; the log has the rest."""
    for pattern, explanation in _explanations():
        if re.search(pattern, output, re.IGNORECASE):
            return f"{step_title}: {explanation}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    reason = (errors or lines or [tr("it printed nothing")])[-1]
    return tr("{step} failed: {reason}").format(step=step_title, reason=reason)


def _explanations() -> list[tuple[str, str]]:
    """Patterns, the most certain first, and what they mean."""
    return [
        (
            r"Errno 28|no space left|WinError 112|not enough space on the disk",
            tr("the disk is full. Free some space and try again."),
        ),
        (
            r"ProxyError|407 Proxy|SOCKS support|Tunnel connection failed",
            tr(
                "the proxy refused the connection. Check Settings > Options > Network > Use "
                "proxy for web access; pip can use HTTP proxies only."
            ),
        ),
        (
            r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
            tr(
                "the connection is not trusted. If your network inspects connections, name its "
                "certificate file in the environment variable PIP_CERT."
            ),
        ),
        (
            _NO_CONNECTION,
            tr(
                "no connection to the package index. Check the network and the proxy in "
                "Settings > Options > Network, and try again."
            ),
        ),
        (
            r"WinError 1260|group policy|AppLocker",
            tr(
                "this computer does not allow programs in your profile folder to start. Ask who "
                "administers it, or set the engine up by hand in a folder where it is allowed."
            ),
        ),
        (
            r"WinError (5|32)\b|Access is denied|Permission denied|Errno 13",
            tr(
                "a file could not be written. Another program, often a virus scanner, may hold "
                "it: try again in a moment."
            ),
        ),
        (
            r"No matching distribution found|is not a supported wheel|requires a different Python",
            tr(
                "there is no build of a package for this Python and system, or its package index "
                "was not reached. Check the network, or choose another Python or another PyTorch."
            ),
        ),
        (
            r"WinError (126|1114)\b|c10\.dll|vcruntime",
            tr(
                "PyTorch needs the Microsoft Visual C++ Redistributable, which is missing. "
                "Install it and try again."
            ),
        ),
        (
            r"ensurepip is not|No module named '?(ensurepip|pip|venv)",
            tr(
                "this Python has no pip. On Debian and Ubuntu install the package python3-venv, "
                "or choose another Python."
            ),
        ),
        (r"MemoryError|Cannot allocate memory", tr("the memory is full. Close other programs.")),
    ]
