"""Numbers that may be left out, read as the user meant them."""

from __future__ import annotations

import math
from typing import Any

from qgis.core import (
    NULL,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameters,
    QgsProperty,
)

from cloudmamba_qgis.translation import tr


def optional_threshold(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> float | None:
    """A threshold of 0 to 1, as ``optional_number`` otherwise."""
    advice = tr("give one of 0 to 1, or leave it empty for that of the model")
    return _number(algorithm, parameters, name, context, advice)


def optional_number(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> float | None:
    """A number; None where it is not set, also by an empty text.

    Raises ``QgsProcessingException`` for a value or an expression that gives no number.
    """
    return _number(algorithm, parameters, name, context, tr("give one, or leave it empty"))


def _number(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
    advice: str,
) -> float | None:
    value = parameters.get(name)
    if value in (None, NULL) or (isinstance(value, str) and not value.strip()):
        return None
    # QGIS gives the default for what is no number: it must be one that stands out.
    definition = algorithm.parameterDefinition(name).clone()
    definition.setDefaultValue(math.nan)
    number = QgsProcessingParameters.parameterAsDouble(definition, parameters, context)
    if math.isnan(number):
        raise QgsProcessingException(
            tr("{parameter} '{value}' is not a number: {advice}.").format(
                parameter=name, value=_as_typed(value), advice=advice
            )
        )
    return number


def _as_typed(value: Any) -> str:
    return value.asExpression() if isinstance(value, QgsProperty) else str(value)
