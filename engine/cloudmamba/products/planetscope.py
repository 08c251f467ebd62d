"""PlanetScope (and the SkySats' and RapidEye's analytic files): one file of all bands a scene.

``AnalyticMS`` is radiance; coefficients in the metadata make reflectance of it. ``AnalyticMS_SR``
is surface reflectance.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from cloudmamba.errors import InputError
from cloudmamba.products.contents import Contents
from cloudmamba.products.metadata import Xml, parse_time
from cloudmamba.products.product import BandSource, Candidate, Product, QualityLayer
from cloudmamba.products.virtual_raster import shape_of

# 20170831_172754_101c_3B_AnalyticMS.tif, 20230105_101112_34_2423_3B_AnalyticMS_SR_8b_harmonized_clip.tif,
# and called like the assets of Planet's catalogue: ..._3B_ortho_analytic_8b_sr.tif.
IMAGE = re.compile(
    r"(?P<scene>\d{8}_\d{6}(?:_\w+?)?)_(?P<level>[13][AB])_(?:ortho_)?Analytic(?:MS)?(?:_[348]b)?"
    r"(?P<surface>_SR)?(?P<variant>(?:_8b|_DN|_harmonized|_clip|_file_format)*)\.(?:tif|tiff)",
    re.IGNORECASE,
)
_METADATA = re.compile(r"_(metadata(_clip)?|xml)\.(xml|json)$")
_ROLES = {
    3: {"blue": 3, "green": 2, "red": 1},
    4: {"blue": 1, "green": 2, "red": 3, "nir": 4},
    5: {"blue": 1, "green": 2, "red": 3, "nir": 5},
    8: {"blue": 2, "green": 4, "red": 6, "nir": 8},
}
_WAVELENGTHS_UM = {"blue": 0.49, "green": 0.565, "red": 0.665, "nir": 0.865}


def find(contents: Contents) -> Iterator[Candidate]:
    """The scenes that the names tell of; of one in several forms surface reflectance comes first."""
    found: dict[tuple[str, str], list[tuple[str, re.Match]]] = {}
    for name in contents.names:
        path = PurePosixPath(name)
        if match := IMAGE.fullmatch(path.name):
            key = (path.parent.as_posix(), match["scene"])
            found.setdefault(key, []).append((name, match))
    for (folder, scene), images in found.items():
        for image, match in sorted(images, key=lambda found: found[1]["surface"] is None):
            near = [
                name
                for name in contents.in_folder(folder)
                if PurePosixPath(name).name.startswith(scene)
            ]
            metadata = _metadata_of(image, near)
            udm2 = [name for name in near if re.search(r"_udm2(_clip)?\.tiff?$", name)]
            yield Candidate(
                name=PurePosixPath(image).stem,
                title="PlanetScope",
                names=(image, *metadata, *udm2),
                load=partial(_load, contents, image, match, metadata, udm2),
                images=(image, *udm2),
                scene=scene,
            )


def _metadata_of(image: str, near: list[str]) -> list[str]:
    """Metadata among the files of an image's scene: the image's own XML, if there is one, and JSON.

    Without an XML of its own, as surface reflectance has none, all of the scene.
    """
    files = [name for name in near if _METADATA.search(name)]
    stem = re.sub(r"(_clip|_file_format)+$", "", PurePosixPath(image).stem, flags=re.IGNORECASE)
    own = [
        name
        for name in files
        if name.endswith(".xml") and _METADATA.sub("", PurePosixPath(name).name) == stem
    ]
    return own + [name for name in files if name.endswith(".json") or not own]


def _load(
    contents: Contents, image: str, match: re.Match, metadata: list[str], udm2: list[str]
) -> Product:
    name = PurePosixPath(image).stem
    source = contents.source(image)
    count = shape_of(source)[0]
    if count not in _ROLES:
        raise InputError(
            f"The PlanetScope file '{name}' has {count} bands; analytic files have 3, 4, 5 or 8."
        )
    roles = _ROLES[count]
    xmls = [Xml(contents, name) for name in metadata if name.endswith(".xml")]
    xml, coefficients = _best_of(xmls, count)
    told = _json_properties(contents, metadata)
    elevation = xml.number("illuminationElevationAngle") if xml else told.get("sun_elevation")
    azimuth = xml.number("illuminationAzimuthAngle") if xml else told.get("sun_azimuth")
    acquired = parse_time(
        (xml and (xml.text("acquisitionDateTime") or xml.text("acquisitionDate")))
        or told.get("acquired")
        or "-".join((name[:4], name[4:6], name[6:8])) + f"T{name[9:11]}:{name[11:13]}:{name[13:15]}"
    )
    if match["surface"]:
        scales = dict.fromkeys(roles, 1e-4)
        reason = "surface reflectance of PlanetScope"
    elif coefficients:
        scales = {role: coefficients[number] for role, number in roles.items()}
        reason = "the reflectance coefficients of the product's metadata"
    else:
        # Radiance is refused where no coefficients make reflectance of it.
        scales, reason = {}, "radiance"
    role_of = {number: role for role, number in roles.items()}
    return Product(
        name=name,
        title=f"PlanetScope {'surface reflectance' if match['surface'] else 'radiance'}, {count} bands",
        # All of them in their order, so that band numbers a user gives are those of the file.
        bands=tuple(
            BandSource(
                source,
                role_of.get(number, f"band {number}"),
                number,
                scale=scales.get(role_of.get(number, ""), next(iter(scales.values()), None)),
                offset=0.0,
                nodata=0,
                wavelength_um=_WAVELENGTHS_UM.get(role_of.get(number, "")),
            )
            for number in range(1, count + 1)
        ),
        acquired=acquired,
        sun_elevation_deg=elevation,
        sun_azimuth_deg=azimuth,
        reason=reason,
        quality=tuple(QualityLayer("udm2", contents.source(mask)) for mask in udm2[:1]),
        files=tuple(contents.source(file) for file in metadata),
    )


def _best_of(xmls: list[Xml], count: int) -> tuple[Xml | None, dict[int, float]]:
    """The first XML with coefficients of just the bands of an image, and these.

    Else the first there is, and none: sun and time are the same for all images of a scene.
    """
    for xml in xmls:
        coefficients = _coefficients(xml)
        if coefficients.keys() == set(range(1, count + 1)):
            return xml, coefficients
    return next(iter(xmls), None), {}


def _coefficients(xml: Xml) -> dict[int, float]:
    """Reflectance of one count by band number."""
    found: dict[int, float] = {}
    for element in xml.elements("bandSpecificMetadata"):
        children = {child.tag.rpartition("}")[2]: child.text for child in element}
        if "bandNumber" in children and "reflectanceCoefficient" in children:
            number = int(xml.as_number(children["bandNumber"], "bandNumber"))
            coefficient = xml.as_number(
                children["reflectanceCoefficient"], "reflectanceCoefficient"
            )
            found[number] = coefficient
    return found


def _json_properties(contents: Contents, metadata: list[str]) -> dict:
    for name in metadata:
        if name.endswith(".json"):
            try:
                document = json.loads(contents.read(name))
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"'{name}' in '{contents.path}' is damaged or incomplete."
                ) from error
            properties = document.get("properties") if isinstance(document, dict) else None
            return properties if isinstance(properties, dict) else {}
    return {}
