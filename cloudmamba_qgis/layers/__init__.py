"""From layers of QGIS to the engine, and its results back as styled layers."""
