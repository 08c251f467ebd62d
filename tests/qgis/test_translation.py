"""The plugin in German: complete, and used where QGIS is German."""

import re
from pathlib import Path

import pytest
from loading import load_module

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool():
    return load_module("tools/translations.py")


def fields(text):
    """What is filled in, such as {path} and {value:.1f}."""
    return sorted(re.findall(r"\{[^}]*\}", text))


def test_every_text_is_translated(tool):
    wanted = tool.texts()
    assert len(wanted) > 300
    for language in tool.LANGUAGES:
        translated = tool.translations(tool.FOLDER / f"cloudmamba_{language}.ts")
        assert [text for text in wanted if text not in translated] == []
        for text in wanted:
            assert fields(text) == fields(translated[text]), text
            assert re.findall("<[^>]*>", text) == re.findall("<[^>]*>", translated[text]), text


def test_what_ships_is_what_is_translated(tool, plugin, staged_plugin):
    from qgis.PyQt.QtCore import QTranslator

    for language in tool.LANGUAGES:
        compiled = QTranslator()
        assert compiled.load(f"cloudmamba_{language}", str(staged_plugin / "resources" / "i18n"))
        translated = tool.translations(tool.FOLDER / f"cloudmamba_{language}.ts")
        for text in tool.texts():
            assert compiled.translate(tool.CONTEXT, text.encode()) == translated[text]


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("de", "Wolken erkennen"), ("de_AT", "Wolken erkennen"), ("en_US", "Detect clouds"),
     ("nl", "Detect clouds")],
)  # fmt: skip
def test_the_language_of_qgis_is_used(plugin, locale, expected):
    from cloudmamba_qgis import classFactory
    from qgis.core import QgsApplication

    plugin.unload()
    before = QgsApplication.locale()
    QgsApplication.setLocale(_locale(locale))
    german = classFactory(None)
    try:
        german.initProcessing()
        registry = QgsApplication.processingRegistry()
        assert registry.algorithmById("cloudmamba:detectclouds").displayName() == expected
    finally:
        german.unload()
        QgsApplication.setLocale(_locale(before))
        plugin.initGui()
    registry = QgsApplication.processingRegistry()
    assert registry.algorithmById("cloudmamba:detectclouds").displayName() == "Detect clouds"


def _locale(name):
    from qgis.PyQt.QtCore import QLocale

    return QLocale(name)


def test_texts_are_translated_when_they_are_shown(staged_plugin):
    """Not when a module is imported: then the translation is not loaded yet."""
    import ast

    def too_early(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.Lambda)):
                continue
            if isinstance(child, ast.Call) and getattr(child.func, "id", "") == "tr":
                yield child.lineno
            yield from too_early(child)

    for path in staged_plugin.rglob("*.py"):
        assert list(too_early(ast.parse(path.read_text(encoding="utf-8")))) == [], path


def test_words_of_the_engine_are_translated_where_they_are_known(plugin, monkeypatch):
    from cloudmamba_qgis import engine_words

    german = {
        "Detecting clouds": "Wolken werden erkannt",
        "the bands are named as those of {sensor}": "die Kanäle heißen wie die von {sensor}",
        "numbers times {scale}": "Zahlen mal {scale}",
        "numbers times {scale} plus {offset}": "Zahlen mal {scale} plus {offset}",
    }
    monkeypatch.setattr(engine_words, "tr", lambda text: german.get(text, text))
    say = engine_words.in_users_language
    assert say("Detecting clouds") == "Wolken werden erkannt"
    assert say("the bands are named as those of Sentinel-2 (MSI)") == (
        "die Kanäle heißen wie die von Sentinel-2 (MSI)"
    )
    assert say("numbers times 0.0001 plus -0.1") == "Zahlen mal 0.0001 plus -0.1"
    assert say("Something {new} of 100 %") == "Something {new} of 100 %"


def said_by_the_engine():
    """Reasons and warnings in the engine's source, with an x for what is put into them."""
    import ast

    def texts(node):
        if isinstance(node, ast.IfExp):
            yield from texts(node.body)
            yield from texts(node.orelse)
        elif isinstance(node, ast.Tuple):
            for one in node.elts:
                yield from texts(one)
        elif isinstance(node, ast.JoinedStr):
            yield "".join(getattr(part, "value", "x") if isinstance(part, ast.Constant) else "x"
                          for part in node.values)  # fmt: skip
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value

    def found(tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "reason":
                yield from texts(node.value)
            elif isinstance(node, ast.Assign):
                names = {getattr(target, "id", "") for target in node.targets}
                if names & {"reason", "warning", "warnings"}:
                    yield from texts(node.value)
            elif isinstance(node, ast.Call):
                owner = getattr(getattr(node.func, "value", None), "id", "")
                if owner == "warnings" and node.func.attr == "append":
                    yield from texts(node.args[0])

    for folder in ("raster", "scene", "products", "detection"):
        for path in (ROOT / "engine" / "cloudmamba" / folder).glob("*.py"):
            yield from found(ast.parse(path.read_text(encoding="utf-8")))


def test_every_reason_and_warning_of_the_engine_is_known():
    from cloudmamba_qgis import engine_words

    patterns = [engine_words._pattern(text) for text in engine_words._texts()]
    # What begins with another text is there with that text in its place.
    said = {text for text in said_by_the_engine() if text and not text.startswith("x")}
    assert len(said) > 40
    unknown = [text for text in said if not any(one.fullmatch(text) for one in patterns)]
    assert unknown == []


def test_what_stands_in_words_of_the_engine_is_translated_too(plugin, monkeypatch):
    from cloudmamba_qgis import engine_words

    german = {
        "{reason}, but the colour interpretation says otherwise": "{reason}, aber die Farben nicht",
        "the band descriptions name them": "die Beschreibungen nennen sie",
    }
    monkeypatch.setattr(engine_words, "tr", lambda text: german.get(text, text))
    engine_words._patterns.cache_clear()
    said = "the band descriptions name them, but the colour interpretation says otherwise"
    assert (
        engine_words.in_users_language(said)
        == "die Beschreibungen nennen sie, aber die Farben nicht"
    )
    engine_words._patterns.cache_clear()


def test_options_of_the_command_line_have_the_names_that_qgis_shows(plugin):
    from cloudmamba_qgis.engine_words import in_users_language

    filled = in_users_language(
        "An area of the value 7 in every band touches the edge (9 % of the raster): it was taken "
        "for no data, though none is declared. To keep it as image: --keep-fill."
    )
    assert filled.endswith(" To keep it as image: Keep fill that is not declared.")
    doubt = in_users_language(
        "'a.tif' can be read in 2 ways whose masks differ: so and so. Choose one of "
        "--bands 1,2,3 --radiometry uint16 or --bands 3,2,1 --radiometry uint16"
    )
    assert doubt.endswith(" Bands 1,2,3 Values uint16 or Bands 3,2,1 Values uint16")
    assert in_users_language("Not known, as in --bands 1,2.") == "Not known, as in Bands 1,2."


def test_what_the_model_was_trained_on_is_translated(plugin, monkeypatch):
    from cloudmamba_qgis import engine_words

    monkeypatch.setattr(engine_words, "tr", lambda text: f"German {text}")
    text = engine_words.TRAINED_ON
    assert engine_words.training_words(text) == f"German {text}"
    assert engine_words.training_words("own labels") == "own labels"


def test_words_of_the_engine_stand_in_its_source():
    """Else they were changed there, and would stay in English."""
    import ast

    from cloudmamba_qgis import engine_words

    pieces = []
    for path in (ROOT / "engine" / "cloudmamba").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                pieces.append(node.value)
    said = "\n".join(pieces)
    missing = []
    for text in engine_words._texts():
        fixed = max(re.split(r"\{\w+\}", text), key=len).strip(" .,:'")
        # The engine may put words together that stand as one text here.
        if fixed[:40] not in said:
            missing.append(text)
    assert missing == []
