"""Attribute fields, made the same way in Qt 5 and Qt 6."""

from __future__ import annotations

from qgis.core import QgsField, QgsFields
from qgis.PyQt.QtCore import QMetaType

try:
    QgsField("", QMetaType.Type.Double)
    NUMBER = QMetaType.Type.Double
except TypeError:  # QGIS before 3.38
    from qgis.PyQt.QtCore import QVariant

    NUMBER = QVariant.Double


def number_fields(*names: str) -> QgsFields:
    """Fields of floating-point numbers."""
    fields = QgsFields()
    for name in names:
        fields.append(QgsField(name, NUMBER))
    return fields
