"""The sensors whose files are known by their names: one entry tells all that is asked of one.

What the numbers of a product mean is a preset in ``radiometry``; products as they were downloaded
are in ``cloudmamba.products``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# Positions of blue, green, red and near infrared; None where there is none.
Positions = tuple[int, int, int, int | None]


@dataclass(frozen=True)
class Sensor:
    """How files of one sensor are called, and what their bands are.

    Attributes:
        title: for people.
        file_names: regular expression, found in the name of a file in lower case.
        band_codes: numbers of the blue, green, red and near infrared band in the sensor's own
            naming (B02, SR_B4); None where its bands have no numbers.
        stacks: by the number of bands, where these four are in the usual files.
    """

    title: str
    file_names: str
    band_codes: tuple[int, int, int, int] | None = None
    stacks: Mapping[int, Positions] = field(default_factory=dict)


# The first whose name fits counts.
SENSORS: Mapping[str, Sensor] = {
    "sentinel2": Sensor(
        "Sentinel-2",
        r"(?<![a-z0-9])s2[abc]?([12][abc])?(?![a-z0-9])|sentinel[-_ ]?2|msil(1c|2a)"
        r"|^t\d{2}[a-z]{3}_\d{8}t",
        (2, 3, 4, 8),
        {
            4: (1, 2, 3, 4),
            10: (1, 2, 3, 7),
            11: (2, 3, 4, 8),
            12: (2, 3, 4, 8),
            13: (2, 3, 4, 8),
        },
    ),
    "landsat_oli": Sensor(
        "Landsat 8/9",
        r"(?<![a-z])l[co]0?[89](?=[_\d])|landsat[-_ ]?[89]|(?<![a-z0-9])l[89]_",
        (2, 3, 4, 5),
        {4: (1, 2, 3, 4), 6: (1, 2, 3, 4), 7: (2, 3, 4, 5), 11: (2, 3, 4, 5)},
    ),
    "landsat_tm": Sensor(
        "Landsat 4-7",
        r"(?<![a-z])l[te]0?[457](?=[_\d])|landsat[-_ ]?[457]|(?<![a-z0-9])l[57]_",
        (1, 2, 3, 4),
        {4: (1, 2, 3, 4), 6: (1, 2, 3, 4), 7: (1, 2, 3, 4)},
    ),
    "gaofen1": Sensor(
        "Gaofen-1 WFV",
        r"(?<![a-z0-9])gf-?1[a-d]?[-_ ]?wfv|gaofen[-_ ]?1",
        stacks={4: (1, 2, 3, 4)},
    ),
    "planetscope": Sensor(
        "PlanetScope",
        r"planet[-_ ]?scope|psscene|analyticms|_3b_(analytic|visual)",
        stacks={3: (3, 2, 1, None), 4: (1, 2, 3, 4), 5: (1, 2, 3, 5), 8: (2, 4, 6, 8)},
    ),
}


def sensor_of_name(name: str) -> str | None:
    """The sensor whose files are called so; None where no known one's are."""
    lower = name.lower()
    return next(
        (key for key, sensor in SENSORS.items() if re.search(sensor.file_names, lower)), None
    )
