"""Products as providers deliver them, made up: names and metadata are theirs, pixels are not.

Every builder takes an empty folder and gives the path that a user would give. The four bands show
``REFLECTANCE``; all others are brighter than anything, so that a wrong band is seen.
"""

import json
import math
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

REFLECTANCE = {"blue": 0.08, "green": 0.11, "red": 0.14, "nir": 0.32}
SIZE_PX = 60
OTHER = 0.95
DISTANCE_IN_JULY = 1.0166
IRRADIANCES = {"blue": 1962, "green": 1845, "red": 1555, "nir": 1080}


def ground(size=SIZE_PX):
    """Brightness (size, size) around 1 that gives an image some structure."""
    y, x = np.mgrid[:size, :size] / size
    return 1 + 0.15 * np.sin(9 * x) * np.cos(7 * y)


def write(
    path,
    counts,
    *,
    black=0,
    pixel_m=30,
    nodata=None,
    driver="GTiff",
    tags=(),
    size=SIZE_PX,
    west=500_000,
    **options,
):
    """Write bands of counts, which the ground scales from ``black`` on; two rows have no data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    counts = np.atleast_1d(counts)
    values = np.rint(black + (counts[:, None, None] - black) * ground(size)).clip(-9999, 65535)
    values[:, :2] = 0 if nodata is None else nodata
    dtype = options.pop("dtype", "uint16")
    with rasterio.open(
        path,
        "w",
        driver=driver,
        width=size,
        height=size,
        count=len(counts),
        dtype=dtype,
        crs="EPSG:32633",
        transform=from_origin(west, 5_000_000, pixel_m, pixel_m),
        **options,
    ) as file:
        file.write(values.astype(dtype))
        file.update_tags(**dict(tags))
    return path


def zipped(folder, path, name=None):
    """The folder or files at ``path`` in a zip beside it."""
    target = folder / f"{name or path.name}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(path.parent).as_posix())
    return target


def tarred(path, target, mode="w"):
    """The files of a folder in a tar, without the folder."""
    with tarfile.open(target, mode) as archive:
        for file in sorted(path.iterdir()):
            archive.add(file, file.name)
    return target


# Sentinel-2 --------------------------------------------------------------------------------------

S2_BANDS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B8A": None, "B11": None}


def s2_counts(band, offset, quantification=10_000):
    role = S2_BANDS.get(band)
    return REFLECTANCE.get(role, OTHER) * quantification - offset


def tile_xml(tile_id):
    return f"""<?xml version="1.0"?>
<n1:Level-1C_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-1C_Tile_Metadata.xsd">
<n1:General_Info><TILE_ID metadataLevel="Brief">{tile_id}</TILE_ID>
<SENSING_TIME metadataLevel="Standard">2022-07-02T10:06:21.919283Z</SENSING_TIME></n1:General_Info>
<n1:Geometric_Info><Tile_Angles><Mean_Sun_Angle><ZENITH_ANGLE unit="deg">27.5</ZENITH_ANGLE>
<AZIMUTH_ANGLE unit="deg">146.25</AZIMUTH_ANGLE></Mean_Sun_Angle></Tile_Angles></n1:Geometric_Info>
</n1:Level-1C_Tile_ID>"""


def product_xml(level, baseline, offset, quantification=10_000):
    tag, values = ("RADIO_ADD_OFFSET", "Radiometric_Offset_List")
    quant = f'<QUANTIFICATION_VALUE unit="none">{quantification}</QUANTIFICATION_VALUE>'
    if level == "2A":
        tag, values = "BOA_ADD_OFFSET", "BOA_ADD_OFFSET_VALUES_LIST"
        quant = (
            "<QUANTIFICATION_VALUES_LIST>"
            f'<BOA_QUANTIFICATION_VALUE unit="none">{quantification}</BOA_QUANTIFICATION_VALUE>'
            '<AOT_QUANTIFICATION_VALUE unit="none">1000.0</AOT_QUANTIFICATION_VALUE>'
            "</QUANTIFICATION_VALUES_LIST>"
        )
    listed = "".join(f'<{tag} band_id="{i}">{offset}</{tag}>' for i in range(13))
    offsets = f"<{values}>{listed}</{values}>" if offset else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-{level}_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-{level}.xsd">
<n1:General_Info><Product_Info><PRODUCT_START_TIME>2022-07-02T10:05:59.024Z</PRODUCT_START_TIME>
<PROCESSING_LEVEL>Level-{level}</PROCESSING_LEVEL><PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>
</Product_Info><Product_Image_Characteristics>{quant}{offsets}</Product_Image_Characteristics>
</n1:General_Info></n1:Level-{level}_User_Product>"""


def safe(folder, level="1C", baseline="05.09", offset=-1000, product_metadata=True):
    """A SAFE folder in the layout since 2016."""
    number = baseline.replace(".", "")
    root = folder / f"S2A_MSIL{level}_20220702T100559_N{number}_R022_T33TUL_20220702T134009.SAFE"
    granule = root / "GRANULE" / f"L{level}_T33TUL_A036699_20220702T100558"
    images = granule / "IMG_DATA"
    stem = "T33TUL_20220702T100559"
    for band in S2_BANDS:
        coarse = band in ("B8A", "B11")
        places = [(images / f"{stem}_{band}.jp2", coarse)]
        if level == "2A":
            places = [(images / "R20m" / f"{stem}_{band}_20m.jp2", True)] if band != "B08" else []
            if not coarse:
                places.append((images / "R10m" / f"{stem}_{band}_10m.jp2", False))
        for path, is_coarse in places:
            # At 20 m something else is shown, so that the resolution that was read is seen.
            counts = s2_counts(band, offset) * (1.7 if is_coarse and level == "2A" else 1)
            black = -offset
            size = SIZE_PX // 2 if is_coarse else SIZE_PX
            pixel_m = 20 if is_coarse else 10
            write(
                path,
                counts,
                black=black,
                pixel_m=pixel_m,
                driver="JP2OpenJPEG",
                size=size,
                QUALITY=100,
                REVERSIBLE="YES",
            )
    write(
        images / f"{stem}_TCI.jp2", [200, 200, 200], pixel_m=10, driver="JP2OpenJPEG", dtype="uint8"
    )
    if level == "2A":
        write_scl(images / "R20m" / f"{stem}_SCL_20m.jp2")
        write(
            granule / "QI_DATA" / "MSK_CLDPRB_20m.jp2",
            [80],
            pixel_m=20,
            driver="JP2OpenJPEG",
            dtype="uint8",
            size=SIZE_PX // 2,
        )
    write(
        granule / "QI_DATA" / f"{stem}_PVI.jp2", [90, 90, 90], driver="JP2OpenJPEG", dtype="uint8"
    )
    tile_id = f"S2A_OPER_MSI_L{level}_TL_2APS_20220702T134009_A036699_T33TUL_N{baseline}"
    (granule / "MTD_TL.xml").write_text(tile_xml(tile_id))
    if product_metadata:
        (root / f"MTD_MSIL{level}.xml").write_text(product_xml(level, baseline, offset))
        (root / "manifest.safe").write_text("<xfdu:XFDU xmlns:xfdu='urn:ccsds:schema:xfdu:1'/>")
    return root


def write_scl(path):
    """Left half vegetation (4), right half cloud (9), a row of shadow (3), one of snow (11)."""
    values = np.full((1, SIZE_PX // 2, SIZE_PX // 2), 4, np.uint8)
    values[:, :, SIZE_PX // 4 :] = 9
    values[:, 20], values[:, 22], values[:, 0] = 3, 11, 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", width=SIZE_PX // 2, height=SIZE_PX // 2, count=1,
        dtype="uint8", crs="EPSG:32633", QUALITY=100, REVERSIBLE="YES",
        transform=from_origin(500_000, 5_000_000, 20, 20),
    ) as file:  # fmt: skip
        file.write(values)


def safe_of_2015(folder):
    """The layout until 2016, with long names."""
    root = (
        folder
        / "S2A_OPER_PRD_MSIL1C_PDMC_20160502T192105_R065_V20150726T105026_20150726T105026.SAFE"
    )
    tile = "S2A_OPER_MSI_L1C_TL_EPA__20160502T172105_A000477_T33TUL"
    granule = root / "GRANULE" / f"{tile}_N02.01"
    for band in S2_BANDS:
        path = granule / "IMG_DATA" / f"{tile}_{band}.jp2"
        write(
            path,
            s2_counts(band, 0),
            pixel_m=10,
            driver="JP2OpenJPEG",
            QUALITY=100,
            REVERSIBLE="YES",
        )
    name = tile.replace("MSI_L1C", "MTD_L1C")
    (granule / f"{name}.xml").write_text(tile_xml(f"{tile}_N02.01"))
    (
        root / "S2A_OPER_MTD_SAFL1C_PDMC_20160502T192105_R065_V20150726T105026_20150726T105026.xml"
    ).write_text(product_xml("1C", "02.01", 0))
    return root


def bare_tile(folder):
    """As on Amazon's bucket: bare names, the baseline in the tile's metadata alone."""
    root = folder / "33TUL_2022_7_2"
    for band in S2_BANDS:
        write(
            root / f"{band}.jp2",
            s2_counts(band, -1000),
            black=1000,
            pixel_m=10,
            driver="JP2OpenJPEG",
            QUALITY=100,
            REVERSIBLE="YES",
        )
    tile_id = "S2A_OPER_MSI_L1C_TL_2APS_20220702T134009_A036699_T33TUL_N05.09"
    (root / "metadata.xml").write_text(tile_xml(tile_id))
    return root


def maja(folder):
    root = folder / "SENTINEL2B_20180702-105900-000_L2A_T31TCJ_C_V2-2"
    for kind, factor in (("SRE", 1.5), ("FRE", 1.0)):
        for band in S2_BANDS:
            name = f"{root.name}_{kind}_{band.replace('B0', 'B')}.tif"
            write(
                root / name, s2_counts(band, 0) * factor, nodata=-10_000, dtype="int16", pixel_m=10
            )
    (root / f"{root.name}_MTD_ALL.xml").write_text(
        "<Muscate_Metadata_Document><Geometric_Informations><Mean_Value_List><Sun_Angles>"
        '<ZENITH_ANGLE unit="deg">27.5</ZENITH_ANGLE><AZIMUTH_ANGLE unit="deg">146.25</AZIMUTH_ANGLE>'
        "</Sun_Angles></Mean_Value_List></Geometric_Informations><Radiometric_Informations>"
        '<REFLECTANCE_QUANTIFICATION_VALUE unit="none">10000.000000</REFLECTANCE_QUANTIFICATION_VALUE>'
        "</Radiometric_Informations></Muscate_Metadata_Document>"
    )
    return root


# Landsat -----------------------------------------------------------------------------------------

SUN_ELEVATION = 62.5
OLI = {"2": "blue", "3": "green", "4": "red", "5": "nir"}
TM = {"1": "blue", "2": "green", "3": "red", "4": "nir"}


def mtl(groups, top="LANDSAT_METADATA_FILE"):
    lines = [f"GROUP = {top}"]
    for name, values in groups.items():
        lines.append(f"  GROUP = {name}")
        lines += [f"    {key} = {value}" for key, value in values.items()]
        lines.append(f"  END_GROUP = {name}")
    return "\n".join([*lines, f"END_GROUP = {top}", "END", ""])


def factors(bands, scale, offset):
    return {f"REFLECTANCE_MULT_BAND_{b}": scale for b in bands} | {
        f"REFLECTANCE_ADD_BAND_{b}": offset for b in bands
    }


ATTRIBUTES = {
    "DATE_ACQUIRED": "2017-07-13",
    "SCENE_CENTER_TIME": '"15:54:15.7884640Z"',
    "SUN_AZIMUTH": 126.8,
    "SUN_ELEVATION": SUN_ELEVATION,
}


def landsat(folder, sensor="LC08", level=1, collection=2, with_mtl=True):
    """A folder of Landsat of Collection 1 or 2; level 1 of TM has 8 bits."""
    kind = "L2SP" if level == 2 else "L1TP"
    name = f"{sensor}_{kind}_016037_20170713_20200814_{collection:02d}_T1"
    root = folder / name
    is_oli = sensor[3] in "89"
    roles = OLI if is_oli else TM
    others = ("1", "6", "7") if is_oli else ("5", "7")
    height = math.sin(math.radians(SUN_ELEVATION))
    scale, offset, nodata, dtype = (
        (2e-5, -0.1, 0, "uint16") if is_oli else (2.4e-3, -0.0045, 0, "uint8")
    )
    prefix = "B"
    if level == 2:
        scale, offset, height, dtype, prefix = 2.75e-5, -0.2, 1.0, "uint16", "SR_B"
    if level == 2 and collection == 1:
        scale, offset, nodata, dtype, prefix = 1e-4, 0.0, -9999, "int16", "sr_band"
    for band in (*roles, *others):
        reflectance = REFLECTANCE.get(roles.get(band), OTHER if dtype != "uint8" else 0.5)
        counts = (reflectance * height - offset) / scale
        suffix = "tif" if collection == 1 and level == 2 else "TIF"
        write(
            root / f"{name}_{prefix}{band}.{suffix}",
            counts,
            dtype=dtype,
            nodata=nodata,
            black=-offset / scale,
        )
    if is_oli and level == 1:
        write(root / f"{name}_B8.TIF", 60_000, pixel_m=15, size=2 * SIZE_PX)
        write(root / f"{name}_B10.TIF", 25_000)
    if collection == 2:
        write_qa(root / f"{name}_QA_PIXEL.TIF")
    level1 = factors((*roles, *others), *((2e-5, -0.1) if is_oli else (2.4e-3, -0.0045)))
    groups = {"IMAGE_ATTRIBUTES": ATTRIBUTES}
    if collection == 1:
        groups = {
            "PRODUCT_METADATA": {"DATA_TYPE": '"L1TP"'},
            **groups,
            "RADIOMETRIC_RESCALING": level1,
        }
    else:
        if level == 2:
            groups["LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"] = factors(
                (*roles, *others), 2.75e-5, -0.2
            )
        groups["LEVEL1_RADIOMETRIC_RESCALING"] = level1
    if with_mtl:
        top = "L1_METADATA_FILE" if collection == 1 else "LANDSAT_METADATA_FILE"
        (root / f"{name}_MTL.txt").write_text(mtl(groups, top))
    return root


def landsat_ready(folder, collection=2):
    """Analysis ready data of the United States, which names its bands in its own way."""
    version, band_name = {1: ("C01_V01", "SRB"), 2: ("02", "SR_B")}[collection]
    name = f"LC08_CU_008012_20220702_20230503_{version}"
    scale, offset, nodata, dtype = {
        1: (1e-4, 0.0, -9999, "int16"),
        2: (2.75e-5, -0.2, 0, "uint16"),
    }[collection]
    for band in (*OLI, "6"):
        counts = (REFLECTANCE.get(OLI.get(band), OTHER) - offset) / scale
        path = folder / name / f"{name}_{band_name}{band}.tif"
        write(path, counts, black=-offset / scale, nodata=nodata, dtype=dtype)
    write_qa(folder / name / f"{name}_{'PIXELQA' if collection == 1 else 'QA_PIXEL'}.tif")
    return folder / name


def write_qa(path):
    """Landsat's bits: clear, a quarter cloud, rows of shadow and snow, fill at the top."""
    values = np.full((1, SIZE_PX, SIZE_PX), 0b1000000, np.uint16)
    values[:, :, : SIZE_PX // 4] = 0b1000
    values[:, 40], values[:, 42], values[:, :2] = 0b10000, 0b100000, 1
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=SIZE_PX, height=SIZE_PX, count=1, dtype="uint16",
        crs="EPSG:32633", transform=from_origin(500_000, 5_000_000, 30, 30),
    ) as file:  # fmt: skip
        file.write(values)


# Others ------------------------------------------------------------------------------------------


def hls(folder, kind="S30"):
    scene = f"HLS.{kind}.T33TUL.2022183T100559.v2.0"
    nir = {"S30": "B8A", "L30": "B05"}[kind]
    bands = {"B02": "blue", "B03": "green", "B04": "red", nir: "nir", "B01": None, "B10": None}
    if kind == "S30":
        bands |= {"B08": None, "B05": None}
    tags = {
        "MEAN_SUN_ZENITH_ANGLE": "27.5",
        "MEAN_SUN_AZIMUTH_ANGLE": "146.25",
        "SENSING_TIME": "2022-07-02T10:06:21.919283Z",
    }
    for band, role in bands.items():
        counts = REFLECTANCE.get(role, OTHER) * 1e4
        write(folder / f"{scene}.{band}.tif", counts, dtype="int16", nodata=-9999, tags=tags)
    write(folder / f"{scene}.Fmask.tif", [2], dtype="uint8")
    for angle in ("SZA", "SAA", "VZA", "VAA"):
        write(folder / f"{scene}.{angle}.tif", [2750])
    return folder


def planetscope(folder, surface=False, bands=4, xml=True):
    roles = {
        4: {1: "blue", 2: "green", 3: "red", 4: "nir"},
        8: {2: "blue", 4: "green", 6: "red", 8: "nir"},
    }[bands]
    eight = "_8b" if bands == 8 else ""
    stem = "20220702_100621_34_2423_3B"
    path = folder / f"{stem}_AnalyticMS{'_SR' if surface else ''}{eight}.tif"
    coefficients = {number: (2 + 0.2 * number) * 1e-5 for number in range(1, bands + 1)}
    counts = [
        REFLECTANCE.get(roles.get(number), 0.6) / (1e-4 if surface else coefficients[number])
        for number in range(1, bands + 1)
    ]
    write(path, counts, pixel_m=3, PHOTOMETRIC="RGB")
    metadata = "".join(
        f"<ps:bandSpecificMetadata><ps:bandNumber>{n}</ps:bandNumber>"
        f"<ps:radiometricScaleFactor>0.01</ps:radiometricScaleFactor>"
        f"<ps:reflectanceCoefficient>{c!r}</ps:reflectanceCoefficient></ps:bandSpecificMetadata>"
        for n, c in coefficients.items()
    )
    if xml:
        (folder / f"{stem}_AnalyticMS{eight}_metadata.xml").write_text(
            '<?xml version="1.0"?><ps:EarthObservation xmlns:ps="http://schemas.planet.com/ps/v1/planet_product'
            '_metadata_geocorrected_level" xmlns:opt="http://earth.esa.int/opt" xmlns:eop="http://earth.esa.int/eop">'
            "<ps:Acquisition><opt:illuminationAzimuthAngle uom='deg'>146.25</opt:illuminationAzimuthAngle>"
            "<opt:illuminationElevationAngle uom='deg'>62.5</opt:illuminationElevationAngle>"
            "<ps:acquisitionDateTime>2022-07-02T10:06:21+00:00</ps:acquisitionDateTime></ps:Acquisition>"
            f"{metadata}</ps:EarthObservation>"
        )
    write(folder / f"{stem}_udm2.tif", [1, 0, 0, 0, 0, 0, 90, 0], dtype="uint8", pixel_m=3)
    return path


def solar_counts(role, gain, distance=DISTANCE_IN_JULY, elevation=62.5):
    height = math.sin(math.radians(elevation))
    return REFLECTANCE[role] * IRRADIANCES[role] * height / (math.pi * gain * distance**2)


def gaofen(folder, camera=3):
    """A folder as it comes out of the tar.gz."""
    name = f"GF1_WFV{camera}_E113.0_N34.0_20220702_L1A0006547030"
    gains = {"blue": 0.1971, "green": 0.1614, "red": 0.1328, "nir": 0.1440}
    counts = [solar_counts(role, gain) for role, gain in gains.items()]
    write(folder / name / f"{name}.tiff", counts, pixel_m=16)
    write(folder / name / f"{name}_thumb.tif", [90, 90, 90], dtype="uint8")
    (folder / name / f"{name}.xml").write_text(
        "<?xml version='1.0' encoding='UTF-8'?><ProductMetaData><SatelliteID>GF1</SatelliteID>"
        "<SensorID>WFV3</SensorID><ReceiveTime>2022-07-02 10:06:21</ReceiveTime><Bands>1,2,3,4</Bands>"
        "<SolarAzimuth>146.25</SolarAzimuth><SolarZenith>27.5</SolarZenith></ProductMetaData>"
    )
    return folder / name


def gaofen6(folder):
    """A folder of the three images of a scene; gives the one in the middle."""
    name = "GF6_WFV_E113.0_N34.0_20220702_L1A1119925410"
    gains = {"blue": 0.0675, "green": 0.0552, "red": 0.0513, "nir": 0.0314}
    counts = [solar_counts(role, gain) for role, gain in gains.items()]
    for part in (1, 2, 3):
        write(folder / name / f"{name}-{part}.tiff", [*counts, 900, 900, 900, 900], pixel_m=16)
    (folder / name / f"{name}.xml").write_text(
        "<?xml version='1.0'?><ProductMetaData><ReceiveTime>2022-07-02 10:06:21</ReceiveTime>"
        "<SolarAzimuth>146.25</SolarAzimuth><SolarZenith>27.5</SolarZenith></ProductMetaData>"
    )
    return folder / name / f"{name}-2.tiff"


def cbers(folder, camera="MUX"):
    first = {"MUX": 5, "WPM": 1, "WFI": 13, "AWFI": 13}[camera]
    satellite = "CBERS_4A" if camera in ("WPM", "WFI") else "CBERS_4"
    scene = f"{satellite}_{camera}_20220702_209_139_L4"
    gain = {"MUX": 1.6, "WPM": 0.25, "WFI": 0.4, "AWFI": 0.4}[camera]
    dtype = "uint8" if camera == "MUX" else "uint16"
    coefficients = "".join(f'<band name="{first + i}">{gain}</band>' for i in range(4))
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><prdf xmlns="http://www.gisplan.com.br/xmlsat"><satellite>'
        "<name>CBERS</name><number>4</number></satellite><image><timeStamp><begin>2022-07-02T10:06:10</begin>"
        "<center>2022-07-02T10:06:21.919</center></timeStamp><sunPosition><elevation>62.5</elevation>"
        "<sunAzimuth>146.25</sunAzimuth></sunPosition><absoluteCalibrationCoefficient>"
        f"{coefficients}</absoluteCalibrationCoefficient></image></prdf>"
    )
    for index, role in enumerate(IRRADIANCES):
        band = folder / f"{scene}_BAND{first + index}"
        write(band.with_suffix(".tif"), solar_counts(role, gain), dtype=dtype, pixel_m=20)
        band.with_suffix(".xml").write_text(xml)
    if camera == "WPM":
        write(folder / f"{scene}_BAND0.tif", [900], pixel_m=2)
        (folder / f"{scene}_BAND0.xml").write_text(xml)
    return folder


def stac_item(folder, baseline="05.09", applied=None, declared=-0.1, stored_offset=-1000):
    """An item beside its images, as catalogues of Sentinel-2 have them."""
    assets = {}
    for band, role in S2_BANDS.items():
        name = role or {"B8A": "nir08", "B11": "swir16"}[band]
        write(
            folder / f"{band}.tif", s2_counts(band, stored_offset), black=-stored_offset, pixel_m=10
        )
        raster_band = {"nodata": 0, "data_type": "uint16"}
        if declared is not None:
            raster_band |= {"scale": 0.0001, "offset": declared}
        assets[name] = {
            "href": f"./{band}.tif",
            "type": "image/tiff; application=geotiff",
            "roles": ["data"],
            "eo:bands": [{"name": band, "common_name": name}],
            "raster:bands": [raster_band],
        }
    assets["thumbnail"] = {"href": "./preview.jpg", "roles": ["thumbnail"]}
    assets["visual"] = {
        "href": "./TCI.tif",
        "roles": ["visual"],
        "eo:bands": [{"common_name": "red"}],
    }
    properties = {
        "datetime": "2022-07-02T10:06:21.919Z",
        "platform": "sentinel-2a",
        "view:sun_elevation": 62.5,
        "view:sun_azimuth": 146.25,
        "s2:processing_baseline": baseline,
    }
    if applied is not None:
        properties["earthsearch:boa_offset_applied"] = applied
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "S2A_33TUL_20220702_0_L2A",
        "geometry": None,
        "properties": properties,
        "links": [],
        "assets": assets,
    }
    path = folder / "S2A_33TUL_20220702_0_L2A.json"
    path.write_text(json.dumps(item))
    return path


def edited_item(path, edit):
    """The item at ``path`` after ``edit(item)``."""
    item = json.loads(path.read_text())
    edit(item)
    path.write_text(json.dumps(item))
    return path


def planetary_computer_item(folder):
    """Assets are called like bands, the sun like Sentinel-2's own metadata, without any offset."""

    def edit(item):
        names = {role: band for band, role in S2_BANDS.items() if role}
        item["assets"] = {names.get(key, key): asset for key, asset in item["assets"].items()}
        for asset in item["assets"].values():
            asset.pop("raster:bands", None)
        properties = item["properties"]
        properties |= {"platform": "Sentinel-2A", "constellation": "Sentinel 2"}
        properties["s2:mean_solar_zenith"] = 90 - properties.pop("view:sun_elevation")
        properties["s2:mean_solar_azimuth"] = properties.pop("view:sun_azimuth")

    return edited_item(stac_item(folder, declared=None), edit)


def copernicus_item(folder):
    """STAC 1.1: bands and their conversion in the asset itself, names with resolutions."""

    def edit(item):
        item["stac_version"] = "1.1.0"
        for band, role in S2_BANDS.items():
            name = role or {"B8A": "nir08", "B11": "swir16"}[band]
            asset = item["assets"].pop(name)
            item["assets"][f"{band}_{10 if role else 20}m"] = {
                "href": asset["href"],
                "type": "image/jp2",
                "roles": ["data", "reflectance"],
                "bands": [{"name": band, "eo:common_name": name}],
                "raster:scale": 0.0001,
                "raster:offset": -0.1,
                "nodata": 0,
            }
        item["properties"]["processing:version"] = item["properties"].pop("s2:processing_baseline")

    return edited_item(stac_item(folder), edit)


def hls_item(folder, kind):
    """NASA's: neither colours nor scale nor no data."""
    hls(folder, kind)
    scene = f"HLS.{kind}.T33TUL.2022183T100559.v2.0"
    assets = {
        path.name.split(".")[-2]: {"href": f"./{path.name}", "type": "image/tiff"}
        for path in sorted(folder.glob("*.tif"))
    }
    return write_item(folder, scene, assets)


def landsat_item(folder, level):
    """The United States Geological Survey's: level 1 without, level 2 with factors."""
    root = landsat(folder / "images", level=level)
    assets = {}
    for band, role in OLI.items():
        name = "nir08" if role == "nir" else role
        file = f"{root.name}_{'SR_' if level == 2 else ''}B{band}.TIF"
        assets[name] = {
            "href": f"./images/{root.name}/{file}",
            "eo:bands": [{"name": f"B{band}", "common_name": name}],
        }
        if level == 2:
            assets[name]["raster:bands"] = [{"scale": 2.75e-05, "offset": -0.2, "nodata": 0}]
    correction = f"L{level}{'SP' if level == 2 else 'TP'}"
    return write_item(
        folder, root.name, assets, platform="landsat-8", **{"landsat:correction": correction}
    )


def write_item(folder, name, assets, **properties):
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": None,
        "properties": {
            "datetime": "2022-07-02T10:06:21Z",
            "view:sun_elevation": 62.5,
            "view:sun_azimuth": 146.25,
            **properties,
        },
        "links": [],
        "assets": assets,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(item))
    return path


def loose_bands(folder):
    for name, role in (("blue", "blue"), ("green", "green"), ("red", "red"), ("nir", "nir")):
        write(Path(folder) / f"site_2022_{name}.tif", REFLECTANCE[role] * 1e4)
    return folder
