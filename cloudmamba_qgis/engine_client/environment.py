"""The environment the engine starts in. Pure Python: no Qt, no QGIS.

QGIS sets variables for its own Python, Qt, GDAL and PROJ. In another Python they break
things in ways that look like bugs of that Python: ``PYTHONHOME`` hides its standard
library, ``PYTHONEXECUTABLE`` makes a virtual environment forget its packages (options such
as ``-I`` do not help), ``PROJ_LIB`` and ``GDAL_DATA`` name files of another version, and
``LD_LIBRARY_PATH`` or an OSGeo4W folder in ``PATH`` loads QGIS's libraries into the engine.
So nothing is passed on that is not on a list.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

# Compared in upper case: Windows does not distinguish.
_KEPT = {
    *("HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP", "SHELL"),
    # Windows, where without these even sockets and temporary files fail
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERNAME", "USERPROFILE"),
    *("HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES"),
    *("NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
    # how the network is reached, for rasters read from there
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    # how much of the machine may be used
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
}
_KEPT_PREFIXES = (
    "LC_",
    "XDG_",
    "CUDA_",
    "NVIDIA_",
    "TORCH_",
    "PYTORCH_",
    "NUMBA_",
    "CLOUDMAMBA_",
    # access to rasters in cloud storage
    "AWS_",
    "AZURE_",
    "GS_",
    "GOOGLE_",
)
# What the set-up of an engine needs beyond that: how pip reaches its packages and certificates.
_KEPT_TO_INSTALL = {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"}
_PIP_PREFIX = "PIP_"
# Those of pip that would put packages somewhere else than into the new environment.
_PIP_DROPPED = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PIP_SRC"}
# Roots that QGIS shares with the rest of the system; its folders there are everybody's.
_SYSTEM_ROOTS = {"", "/usr", "/usr/local"}


def engine_environment(
    environment: Mapping[str, str], qgis_roots: Iterable[str], proxies: Mapping[str, str]
) -> dict[str, str]:
    """What the engine gets of the environment of QGIS.

    Args:
        environment: that of the running QGIS.
        qgis_roots: folders QGIS is installed in; entries of ``PATH`` below them are dropped.
        proxies: variables that say how QGIS reaches the network; they win over those of the
            environment.
    """
    replaced = {name.upper() for name in proxies}
    kept = {
        name: value
        for name, value in environment.items()
        if (name.upper() in _KEPT or name.upper().startswith(_KEPT_PREFIXES))
        and name.upper() not in replaced
    }
    kept.update(proxies)
    roots = {_normal(root) for root in qgis_roots if root}
    roots = {root for root in roots if root.rstrip("/\\") not in _SYSTEM_ROOTS}
    path = environment.get("PATH", "").split(os.pathsep)
    kept["PATH"] = os.pathsep.join(
        folder for folder in path if folder and not any(_is_below(folder, root) for root in roots)
    )
    kept["PYTHONUTF8"] = "1"  # the protocol and every path are UTF-8, also on Windows
    kept["PYTHONSAFEPATH"] = "1"  # no module is taken from the folder QGIS happens to be in
    # The engine says why (cloudmamba/startup.py); it can be set only from here.
    kept["GLIBC_TUNABLES"] = "glibc.malloc.tcache_count=0"
    return kept


def installation_environment(
    environment: Mapping[str, str],
    qgis_roots: Iterable[str],
    proxies: Mapping[str, str],
    temporary_folder: str,
) -> dict[str, str]:
    """What the programs get that set an engine up.

    Args:
        environment: that of the running QGIS.
        qgis_roots, proxies: as for ``engine_environment``.
        temporary_folder: for everything temporary.
    """
    kept = engine_environment(environment, qgis_roots, proxies)
    for name, value in environment.items():
        upper = name.upper()
        if upper in _KEPT_TO_INSTALL or (
            upper.startswith(_PIP_PREFIX) and upper not in _PIP_DROPPED
        ):
            kept[name] = value
    kept.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary_folder))
    # In a user's configuration file they may be on; with the last two much would be missing.
    kept.update(dict.fromkeys(("PIP_USER", "PIP_DRY_RUN", "PIP_NO_DEPS"), "0"))
    kept["PIP_NO_INPUT"] = "1"  # nobody could answer
    kept["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    kept["PYTHONUNBUFFERED"] = "1"  # the log is read while it is written
    return kept


def _is_below(folder: str, root: str) -> bool:
    return (_normal(folder) + os.sep).startswith(root.rstrip("/\\") + os.sep)


def _normal(path: str) -> str:
    return os.path.normcase(os.path.normpath(path))
