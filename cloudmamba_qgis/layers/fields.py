"""Attribute fields, made the same way in Qt 5 and Qt 6."""

from __future__ import annotations

from qgis.core import QgsField, QgsFields
from qgis.PyQt.QtCore import QVariant


def number_fields(*names: str) -> QgsFields:
    """Fields of floating-point numbers."""
    fields = QgsFields()
    for name in names:
        fields.append(QgsField(name, QVariant.Double))
    return fields
