"""What every algorithm of the provider owes its users."""

import os

import pytest


@pytest.fixture
def algorithms(plugin):
    from qgis.core import QgsApplication

    return QgsApplication.processingRegistry().providerById("cloudmamba").algorithms()


def test_every_algorithm_and_parameter_explains_itself(algorithms):
    assert algorithms
    for algorithm in algorithms:
        name = algorithm.id()
        assert algorithm.shortHelpString() and algorithm.shortDescription(), name
        assert algorithm.tags(), name
        assert not algorithm.icon().isNull() and os.path.isfile(algorithm.svgIconPath()), name
        for definition in algorithm.parameterDefinitions():
            assert definition.help(), f"{name}: {definition.name()}"


def test_no_two_algorithms_look_the_same(algorithms):
    icons = [algorithm.svgIconPath() for algorithm in algorithms]
    assert len(set(icons)) == len(icons)
