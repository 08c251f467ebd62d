"""Help that is there without a network, behind every Help button."""

import re
from pathlib import Path

import pytest
from qgis.PyQt.QtCore import QUrl


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


def pages():
    from cloudmamba_qgis import help_pages

    return {path.stem: path.read_text("utf-8") for path in help_pages._FOLDER.glob("*.html")}


def anchors(page):
    return set(re.findall(r'id="(\w+)"', page))


def test_every_algorithm_has_help_in_a_file():
    from qgis.core import QgsApplication, QgsProcessingModelAlgorithm

    for algorithm in QgsApplication.processingRegistry().providerById("cloudmamba").algorithms():
        if isinstance(algorithm, QgsProcessingModelAlgorithm):  # says it itself
            continue
        url = QUrl(algorithm.helpUrl())
        assert url.isLocalFile(), algorithm.id()
        page = Path(url.toLocalFile()).read_text("utf-8")
        assert url.fragment() in anchors(page), algorithm.id()


def test_languages_have_the_same_topics_and_their_links_hold():
    found = pages()
    assert set(found) == {"de", "en"}
    assert anchors(found["de"]) == anchors(found["en"])
    for page in found.values():
        links = set(re.findall(r'href="([^"]*)"', page))
        assert links == {f"#{anchor}" for anchor in anchors(page)}, "all offline, all linked"


def test_the_page_of_the_users_language(monkeypatch):
    from cloudmamba_qgis import help_pages

    class German:
        @staticmethod
        def locale():
            return "de_AT"

    assert help_pages.help_url("review").toString().endswith("/en.html#review")
    monkeypatch.setattr(help_pages, "QgsApplication", German)
    assert help_pages.help_url().toLocalFile().endswith("/de.html")
