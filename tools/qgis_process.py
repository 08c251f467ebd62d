"""Finds the program ``qgis_process``."""

import shutil


def qgis_process() -> str:
    """Path of ``qgis_process``; ``FileNotFoundError`` where QGIS is not installed.

    Debian's script of that name passes the options of ``/etc/default/qgis`` on, among them
    one that only the program with the window knows, and fails. The program it wraps works.
    """
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        raise FileNotFoundError("qgis_process is not installed")
    return program
