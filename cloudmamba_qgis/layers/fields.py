"""Attribute fields, made the same way in Qt 5 and Qt 6."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsField, QgsFields
from qgis.PyQt.QtCore import QMetaType

try:
    QgsField("", QMetaType.Type.Double)
    NUMBER, TEXT, DAY = QMetaType.Type.Double, QMetaType.Type.QString, QMetaType.Type.QDate
except TypeError:  # QGIS before 3.38
    from qgis.PyQt.QtCore import QVariant

    NUMBER, TEXT, DAY = QVariant.Double, QVariant.String, QVariant.Date


def number_fields(*names: str) -> QgsFields:
    """Fields of floating-point numbers."""
    return fields_of(**dict.fromkeys(names, NUMBER))


def fields_of(**kinds: Any) -> QgsFields:
    """Fields by name: ``NUMBER``, ``TEXT`` or ``DAY``."""
    fields = QgsFields()
    for name, kind in kinds.items():
        fields.append(QgsField(name, kind))
    return fields
