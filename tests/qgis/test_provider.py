"""What every algorithm of the provider owes its users."""

import os

import pytest


@pytest.fixture
def algorithms(plugin):
    from qgis.core import QgsApplication

    return QgsApplication.processingRegistry().providerById("cloudmamba").algorithms()


def test_every_algorithm_and_parameter_explains_itself(algorithms):
    from qgis.core import QgsProcessingModelAlgorithm

    assert algorithms
    for algorithm in algorithms:
        name = algorithm.id()
        assert algorithm.shortHelpString() and algorithm.shortDescription(), name
        assert algorithm.tags(), name
        assert not algorithm.icon().isNull() and os.path.isfile(algorithm.svgIconPath()), name
        is_model = isinstance(algorithm, QgsProcessingModelAlgorithm)
        of_the_model = algorithm.helpContent() if is_model else {}
        for definition in algorithm.parameterDefinitions():
            # QGIS 3.22 forgets the help of a model's parameters, but not that of the model.
            explained = definition.help() or of_the_model.get(definition.name())
            assert explained, f"{name}: {definition.name()}"


def test_no_two_algorithms_look_the_same(algorithms):
    icons = [algorithm.svgIconPath() for algorithm in algorithms if not algorithm.group()]
    assert len(set(icons)) == len(icons)


def test_numbers_have_two_decimals_in_the_dialog(algorithms):
    from qgis.core import QgsProcessingContext
    from qgis.gui import QgsGui, QgsProcessingGui
    from qgis.PyQt.QtWidgets import QDoubleSpinBox

    numbers = {
        "cloudmamba:rethreshold": ("THRESHOLD", "SMALLEST_CLOUD", "BUFFER"),
        "cloudmamba:detectclouds": ("COARSE_THRESHOLD",),
    }
    context = QgsProcessingContext()
    for algorithm in algorithms:
        for name in numbers.get(algorithm.id(), ()):
            wrapper = QgsGui.processingGuiRegistry().createParameterWidgetWrapper(
                algorithm.parameterDefinition(name), QgsProcessingGui.WidgetType.Standard
            )
            widget = wrapper.createWrappedWidget(context)
            boxes = [widget, *widget.findChildren(QDoubleSpinBox)]
            assert [one.decimals() for one in boxes if isinstance(one, QDoubleSpinBox)] == [2]
