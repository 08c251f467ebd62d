"""Numbers of parameters, read as the user meant them: QGIS takes the default for what is none."""

from __future__ import annotations

import math
import sys
from typing import Any

from qgis.core import (
    NULL,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterNumber,
    QgsProcessingParameters,
    QgsProperty,
)

from cloudmamba_qgis.translation import tr

_NO_LIMIT = sys.float_info.max


def given_number(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> float:
    """``optional_number``, and the default where it is not set."""
    given = optional_number(algorithm, parameters, name, context)
    return float(algorithm.parameterDefinition(name).defaultValue()) if given is None else given


def optional_number(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> float | None:
    """A number; None where it is not set, also by an empty text.

    Raises ``QgsProcessingException`` for a value or an expression that gives no number within the
    limits of the parameter. QGIS checks what is typed, but neither expressions nor models.
    """
    value = parameters.get(name)
    if value in (None, NULL) or (isinstance(value, str) and not value.strip()):
        return None
    # QGIS gives the default for what is no number: it must be one that stands out.
    definition = algorithm.parameterDefinition(name).clone()
    definition.setDefaultValue(math.nan)
    found = QgsProcessingParameters.parameterAsDouble(definition, parameters, context)
    least, most = definition.minimum(), definition.maximum()
    if math.isnan(found) or (least > -_NO_LIMIT and not least <= found <= most):
        raise QgsProcessingException(
            _what_is_wanted(definition).format(
                parameter=name, value=_as_typed(value), least=least, most=most
            )
        )
    is_whole = definition.dataType() == QgsProcessingParameterNumber.Type.Integer
    return round(found) if is_whole else found


def check_numbers(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> None:
    """Before any work is done. Raises ``QgsProcessingException`` as ``optional_number`` does."""
    for definition in algorithm.parameterDefinitions():
        if isinstance(definition, QgsProcessingParameterNumber):
            optional_number(algorithm, parameters, definition.name(), context)


def _what_is_wanted(definition: QgsProcessingParameterNumber) -> str:
    if definition.minimum() <= -_NO_LIMIT:
        return tr("{parameter} '{value}' is not a number: give one, or leave it empty.")
    if definition.maximum() >= _NO_LIMIT:
        return tr(
            "{parameter} '{value}' is not a number of {least:g} or more: give one, or leave it "
            "empty."
        )
    return tr(
        "{parameter} '{value}' is not a number of {least:g} to {most:g}: give one, or leave it "
        "empty."
    )


def _as_typed(value: Any) -> str:
    return value.asExpression() if isinstance(value, QgsProperty) else str(value)
