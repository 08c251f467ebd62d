"""Asks the engine for virtual rasters of products: it lists them in a file, however many there are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.process import Listener, not_understood
from cloudmamba_qgis.engine_client.session import engine_session


def ask_for_products(
    engine: Engine, path: str, folder: str, listener: Listener
) -> dict[str, list[Any]]:
    """Have virtual rasters written into ``folder`` of a product, or of all below a folder.

    Not for the thread of the window, because it reads a file.

    Returns:
        ``scenes``, of each ``name``, ``path`` and ``raster``, and ``problem``, a sentence where
        that is empty; and ``others``, names of the files of ``path`` that belong to no product.

    Raises:
        EngineFailed, EngineCancelled: as ``EngineSession.detect`` does.
    """
    request = {"path": os.path.abspath(path), "virtual_rasters": folder}
    answer = engine_session().describe(engine, request, listener)
    try:
        listed = Path(answer["products"])
        found = json.loads(listed.read_text(encoding="utf-8"))
        listed.unlink()
        return {"scenes": list(found["scenes"]), "others": list(found["others"])}
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise not_understood(engine, f"{type(error).__name__}: {error}") from error
