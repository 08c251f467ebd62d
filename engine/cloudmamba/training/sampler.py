"""Batches for training: the same seed and step always give the same batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from cloudmamba.data.index import PICTURE_WHITE, ImageRecord, read_index
from cloudmamba.errors import InputError
from cloudmamba.network.allowed_values import (
    COUNT,
    MOST,
    SHARE,
    WEIGHT,
    Name,
    Number,
    Several,
    Whole,
    problem_of,
    setting,
)
from cloudmamba.outlines import FINE_GSD_M, UNKNOWN_FINENESS, fineness_of
from cloudmamba.training import sensor_faults
from cloudmamba.training.augmentation import (
    LOW_SUN,
    LOW_SUN_OVER_WHAT_IS_MADE,
    brighten,
    flip_and_rotate,
    random_crop,
    scale_and_shift,
    take_out_air,
    vary_light,
)
from cloudmamba.training.pictures import like_a_picture
from cloudmamba.training.synthesis.clouds import add_clouds, paste_clouds
from cloudmamba.training.synthesis.ground import (
    ICE_SHEET,
    ICE_SHEET_UNDER_CLOUD,
    ICE_SHEET_WITHOUT_NIR,
    make_ground,
)
from cloudmamba.training.synthesis.winter import lay_snow
from cloudmamba.training.targets import (
    CLOUD,
    CLOUD_WEIGHT,
    SHADOW_WEIGHT,
    empty_target,
    filled_image_and_target_of,
    margin_of_labels_px,
)
from cloudmamba.training.teachers.labels import check_has_labels

_ZOOM = Number(1e-3, 1e3)


@dataclass(frozen=True)
class DataConfiguration:
    """Where samples come from, and what is done to them. Shares of sources are relative weights.

    Attributes:
        crop_px: side of a sample.
        other_crops_px: sides that take its place in some steps, as often each.
        manual, semi_automatic, automatic, shadow: images of the folders with such labels.
        taught: images that only teachers have labelled.
        clear, clear_rgb: clear images, of four bands and of three.
        bright_clear: of all images with labels those that show snow, ice, sand or the like, the
            more often the more of it they show.
        cloud_on_clear, cloud_pasted: clear images with synthetic cloud, and with the clouds of
            other images.
        snow: clear images with synthetic snow.
        cloud_on_procedural, pasted_on_procedural, procedural: procedural ground with synthetic
            cloud, with the clouds of other images, and without cloud.
        cloud_on_snow, brightened: share of clear images under cloud of either kind that get snow
            first, and of all clear images that are made brighter.
        hard_from_step: until this step there is no snow and nothing is made brighter. A network
            that has yet to learn what cloud looks like learns it slowly beside its hardest
            look-alikes.
        smallest_zoom, largest_zoom, zoomed: range of the change of resolution, and share of
            samples that have it.
        absent_nir, picture: share of samples without near infrared, and like 8-bit pictures, most
            of which have none either.
        at_surface: share of samples of images at the top of the atmosphere that are made like products
            at the surface.
        recalibrated, saturated, spoilt: share of samples with another gain and offset, with
            bands cut off, and with undeclared fill or dead rows.
        sensor_fault: share of samples with each of the other faults of sensors.
        outside_swath: share of samples that the edge of a scene crosses, with nothing beyond.
        two_views: share of steps in which a batch is half as many scenes, each seen twice: two
            crops that overlap, so that the network can be taught to say the same in both.
        leave_out_sensors: no image is taken whose sensor in the index has one of these in its
            name, whatever the case of the letters.
    """

    crop_px: int = setting(128, COUNT)
    other_crops_px: tuple[int, ...] = setting((), Several(COUNT, 0, 100))
    manual: float = setting(0.26, WEIGHT)
    semi_automatic: float = setting(0.0, WEIGHT)
    automatic: float = setting(0.12, WEIGHT)
    shadow: float = setting(0.0, WEIGHT)
    taught: float = setting(0.0, WEIGHT)
    clear: float = setting(0.07, WEIGHT)
    clear_rgb: float = setting(0.0, WEIGHT)
    bright_clear: float = setting(0.0, WEIGHT)
    cloud_on_clear: float = setting(0.32, WEIGHT)
    cloud_pasted: float = setting(0.0, WEIGHT)
    snow: float = setting(0.07, WEIGHT)
    cloud_on_procedural: float = setting(0.08, WEIGHT)
    pasted_on_procedural: float = setting(0.0, WEIGHT)
    procedural: float = setting(0.08, WEIGHT)
    cloud_on_snow: float = setting(0.08, SHARE)
    brightened: float = setting(0.15, SHARE)
    hard_from_step: int = setting(0, Whole(0, MOST))
    smallest_zoom: float = setting(0.6, _ZOOM)
    largest_zoom: float = setting(2.0, _ZOOM)
    zoomed: float = setting(0.5, SHARE)
    absent_nir: float = setting(0.15, SHARE)
    picture: float = setting(0.10, SHARE)
    at_surface: float = setting(0.0, SHARE)
    recalibrated: float = setting(0.0, SHARE)
    saturated: float = setting(0.0, SHARE)
    spoilt: float = setting(0.0, SHARE)
    sensor_fault: float = setting(0.0, SHARE)
    outside_swath: float = setting(0.0, SHARE)
    two_views: float = setting(0.0, SHARE)
    leave_out_sensors: tuple[str, ...] = setting((), Several(Name(100), 0, 100))

    def __post_init__(self):
        if problem := problem_of(self):
            raise InputError(f"In [data] {problem}.")


PROCEDURAL_GSD_M = (10, 20, 30)
# Folders behind the sources that are real images.
FOLDERS = {
    "manual": ("manual/train",),
    "semi_automatic": ("semi_automatic",),
    "automatic": ("automatic",),
    "shadow": ("shadow",),
    "taught": ("unlabelled", "unlabelled_more", "scenes"),
    "clear": ("clear", "clear_more"),
    "clear_rgb": ("clear_rgb",),
}
BRIGHT_CLEAR = "bright_clear"
# What each source begins with; those that are not named begin with procedural ground.
GROUND = {
    **{source: source for source in FOLDERS},
    BRIGHT_CLEAR: BRIGHT_CLEAR,
    "cloud_on_clear": "clear",
    "cloud_pasted": "clear",
    "snow": "clear",
}
CLEAR_SOURCES = ("clear", "cloud_on_clear", "cloud_pasted", "snow", "clear_rgb")
CLOUD_ON_CLEAR = ("cloud_on_clear", "cloud_pasted")
# What shows as cloud and snow nothing but what was there.
REAL = (*FOLDERS, BRIGHT_CLEAR, "cloud_pasted")
# Clouds of other images are laid over what these begin with.
PASTED = ("cloud_pasted", "pasted_on_procedural")
# Clear pixels of at least this visible reflectance, and the share of them that makes an image bright.
BRIGHT_REFLECTANCE, BRIGHT_SHARE = 0.22, 0.03
# Where clouds to paste are cut out: labels that are soft or fine enough.
CUT_FROM = ("taught", "manual", "semi_automatic")
SOURCES = (
    *FOLDERS,
    BRIGHT_CLEAR,
    "cloud_on_clear",
    "cloud_pasted",
    "snow",
    "cloud_on_procedural",
    "pasted_on_procedural",
    "procedural",
)


# Image, target, available bands and fineness, as in a batch but for its first axis.
Sample = tuple[np.ndarray, np.ndarray, np.ndarray, float]
# Share of pictures that have a near infrared of 8 bits, too.
PICTURE_WITH_NIR = 0.15
# A picture of which more than this is white shows nothing that could be told.
ALL_BUT_WHITE = 0.9
# Share of samples of which the network is not told how fine they are.
UNKNOWN_SCALE = 0.25
# How far the two views of a scene lie apart at most, as a share of their side.
VIEWS_APART = 0.375


@dataclass(frozen=True)
class Batch:
    """Samples of a step.

    Attributes:
        image: (B, 4, h, w) float32 reflectance.
        target: (B, 4, h, w) float32 as in ``targets.py``.
        available_bands: (B, 4) bool.
        fineness: (B,) float32, which outlines the labels have, as in ``outlines.py``.
        apart_px: None, or rows and columns from each sample of the first half to the one of the
            second half that shows the same scene.
    """

    image: torch.Tensor
    target: torch.Tensor
    available_bands: torch.Tensor
    fineness: torch.Tensor
    apart_px: tuple[tuple[int, int], ...] | None = None

    @classmethod
    def of(
        cls,
        samples: Iterable[Sample],
        apart_px: tuple[tuple[int, int], ...] | None = None,
    ) -> Batch:
        """Samples put together."""
        *parts, fineness = zip(*samples, strict=True)
        image, target, available_bands = (torch.from_numpy(np.stack(part)) for part in parts)
        return cls(
            image, target, available_bands, torch.tensor(fineness, dtype=torch.float32), apart_px
        )


@dataclass(frozen=True)
class _Image:
    """Reflectance (4, H, W) and target (4, H, W), both float16, and what is known of them."""

    reflectance: np.ndarray
    target: np.ndarray
    available_bands: tuple[bool, ...]
    gsd_m: float
    top_of_atmosphere: bool

    @cached_property
    def bright_clear_share(self) -> float:
        """Share of what a brightness threshold would call cloud, and is none.

        0 for images of three bands: many of them here, and "no near infrared" would come to mean
        "clear".
        """
        if not all(self.available_bands):
            return 0.0
        clear = (self.target[CLOUD] < 0.2) & (self.target[CLOUD_WEIGHT] > 0.5)
        bright = self.reflectance[:3].min(0) > BRIGHT_REFLECTANCE
        return float((clear & bright).mean())

    @property
    def has_cloud(self) -> bool:
        return bool((self.target[CLOUD] * self.target[CLOUD_WEIGHT]).mean() > 0.05)


class TrainingSampler:
    """Draws crops from all sources. Images are held in memory in half precision.

    Args:
        folder: with ``index.csv``.
        configuration: the sources.
        seed: with the step it determines the batch.
        teachers: folder with labels of teachers; None for none.

    Raises InputError if a source with a positive share has no image, if no image is of a sensor
    that is to be left out, or if the teachers have labels of none.
    """

    def __init__(
        self,
        folder: Path,
        configuration: DataConfiguration,
        seed: int,
        teachers: Path | None = None,
    ):
        self.configuration = configuration
        self.seed = seed
        records = [record for record in read_index(folder) if record.purpose == "train"]
        if teachers is not None:
            check_has_labels(teachers, records)
        records = _without_sensors(records, configuration.leave_out_sensors)
        wanted = {GROUND.get(s) for s in SOURCES if getattr(configuration, s) > 0}
        if self._pastes:
            wanted |= set(CUT_FROM)
        if configuration.bright_clear > 0:
            wanted |= set(FOLDERS)
        # By place, so that a place with many dates counts no more than one with a single date.
        self._places: dict[str, list[list[_Image]]] = {}
        for source, folders in FOLDERS.items():
            if source in wanted:
                own = [record for record in records if record.folder in folders]
                self._places[source] = _by_place(own, teachers)
        self._places[BRIGHT_CLEAR] = [
            bright
            for places in list(self._places.values())
            for place in places
            if (bright := [image for image in place if image.bright_clear_share > BRIGHT_SHARE])
        ]
        self._chances = {
            source: _chances(source, places) for source, places in self._places.items() if places
        }
        for source in SOURCES:
            ground = GROUND.get(source)
            if getattr(configuration, source) > 0 and ground and not self._places[ground]:
                without = " once the sensors are left out: set it to 0 in [data]"
                raise InputError(
                    f"'{folder}' has no images for the source '{source}'"
                    f"{without if configuration.leave_out_sensors else ''}."
                )
        self._cloudy = [
            image
            for source in CUT_FROM
            for place in self._places.get(source, ())
            for image in place
            if image.has_cloud and all(image.available_bands)
        ]
        if self._pastes and not self._cloudy:
            raise InputError(
                f"'{folder}' has no images with cloud to cut out ({' and '.join(PASTED)})."
            )

    def sample(self, step: int, batch_size: int, part: slice = slice(None)) -> Batch:
        """The batch of a step, or a part of it. Both views of a scene are in the same part."""
        configuration = self._configuration_at(step)
        # Numbers of its own: a seed that lacks the last of these two is that of the first sample.
        random = np.random.default_rng((self.seed, step, 0, 1))
        # What lies around a scene should not matter, nor how much of it an image shows.
        sides_px = (configuration.crop_px, *configuration.other_crops_px)
        configuration = dataclasses.replace(configuration, crop_px=int(random.choice(sides_px)))
        if random.random() < configuration.two_views:
            return self._two_views(step, range(batch_size // 2)[part], configuration)
        return Batch.of(
            self._item(np.random.default_rng((self.seed, step, i)), configuration)
            for i in range(batch_size)[part]
        )

    def _two_views(
        self, step: int, scenes: Sequence[int], configuration: DataConfiguration
    ) -> Batch:
        size = configuration.crop_px
        reach = int(VIEWS_APART * size)
        wide = dataclasses.replace(configuration, crop_px=size + reach)
        views, apart_px = [], []
        for i in scenes:
            random = np.random.default_rng((self.seed, step, i))
            image, target, available_bands, fineness = self._item(random, wide)
            corners = random.integers(0, reach + 1, (2, 2))
            windows = [np.s_[:, top : top + size, left : left + size] for top, left in corners]
            views.append([(image[w], target[w], available_bands, fineness) for w in windows])
            rows, columns = corners[1] - corners[0]
            apart_px.append((int(rows), int(columns)))
        first, second = zip(*views, strict=True)
        return Batch.of([*first, *second], tuple(apart_px))

    @property
    def _pastes(self) -> bool:
        return any(getattr(self.configuration, source) > 0 for source in PASTED)

    def _configuration_at(self, step: int) -> DataConfiguration:
        if step >= self.configuration.hard_from_step:
            return self.configuration
        return dataclasses.replace(self.configuration, snow=0.0, cloud_on_snow=0.0, brightened=0.0)

    def _item(self, random: np.random.Generator, configuration: DataConfiguration) -> Sample:
        source = self._source(random, configuration)
        picture = random.random() < configuration.picture
        absent_nir = 1 - PICTURE_WITH_NIR if picture else configuration.absent_nir
        without_nir = random.random() < absent_nir
        image, target, available_bands, fineness = self._draw(
            random, configuration, source, without_nir
        )
        if random.random() < UNKNOWN_SCALE:
            fineness = UNKNOWN_FINENESS
        image, target = flip_and_rotate(random, image, target)
        image = vary_light(random, image, LOW_SUN if source in REAL else LOW_SUN_OVER_WHAT_IS_MADE)
        if random.random() < configuration.recalibrated:
            image = scale_and_shift(random, image)
        if random.random() < configuration.saturated:
            image = sensor_faults.saturate(random, image)
        for fault in (
            sensor_faults.blur,
            sensor_faults.misregister,
            sensor_faults.stripe,
            sensor_faults.quantise,
        ):
            if random.random() < configuration.sensor_fault:
                image = fault(random, image)
        if random.random() < configuration.sensor_fault:
            image, target = sensor_faults.lose_stripes(random, image, target)
        if random.random() < configuration.outside_swath:
            image, target = sensor_faults.lose_outside(random, image, target)
        if picture:
            image = like_a_picture(random, image)
            if (image[:3] >= PICTURE_WHITE - 1e-6).all(0).mean() > ALL_BUT_WHITE:
                target[[CLOUD_WEIGHT, SHADOW_WEIGHT]] = 0
        if without_nir:
            available_bands[3] = False
        if random.random() < configuration.spoilt:
            image, target = sensor_faults.spoil(random, image, target)
        image[~available_bands] = 0
        return image, target, available_bands, fineness

    def _source(self, random: np.random.Generator, configuration: DataConfiguration) -> str:
        shares = np.array([getattr(configuration, source) for source in SOURCES])
        return str(random.choice(SOURCES, p=shares / shares.sum()))

    def _draw(
        self,
        random: np.random.Generator,
        configuration: DataConfiguration,
        source: str,
        without_nir: bool,
    ) -> Sample:
        size = configuration.crop_px
        ground = GROUND.get(source)
        if ground is None:
            ice_sheet = ICE_SHEET if source == "procedural" else ICE_SHEET_UNDER_CLOUD
            if without_nir:
                ice_sheet *= ICE_SHEET_WITHOUT_NIR
            image, target = make_ground(random, size, ice_sheet), empty_target((size, size))
            gsd_m = random.choice(PROCEDURAL_GSD_M)
            available_bands = np.ones(len(image), bool)
            fineness = fineness_of(gsd_m)
            at_surface = False
        else:
            places, chances = self._places[ground], self._chances[ground]
            place = places[random.choice(len(places), p=chances)]
            chosen = place[random.integers(len(place))]
            image, target, gsd_m = self._crop(random, chosen, configuration)
            at_surface = chosen.top_of_atmosphere and random.random() < configuration.at_surface
            available_bands = np.array(chosen.available_bands)
            # Labels are those of the image as it was looked at, however it is resized.
            made = source in CLEAR_SOURCES
            fineness = fineness_of(gsd_m if made else chosen.gsd_m)
        if source in CLEAR_SOURCES:
            if random.random() < configuration.brightened:
                image = brighten(random, image)
            if source == "snow" or (
                source in CLOUD_ON_CLEAR and random.random() < configuration.cloud_on_snow
            ):
                image = lay_snow(random, image)
        known = target[CLOUD_WEIGHT] > 0
        if source.startswith("cloud_on"):
            image, target = add_clouds(random, image, gsd_m)
        elif source in PASTED:
            cloudy = self._cloudy[random.integers(len(self._cloudy))]
            theirs, labels, their_gsd_m = self._crop(random, cloudy, configuration)
            margin_px = margin_of_labels_px(their_gsd_m)
            image, target = paste_clouds(
                random, image, theirs, labels[CLOUD], labels[CLOUD_WEIGHT], gsd_m, margin_px
            )
            fineness = fineness_of(cloudy.gsd_m)
        if at_surface:
            image = take_out_air(random, image)
        target[[CLOUD_WEIGHT, SHADOW_WEIGHT]] *= known
        return image, target, available_bands, fineness

    def _crop(
        self, random: np.random.Generator, image: _Image, configuration: DataConfiguration
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """A part of an image, its target, and its ground sample distance in metres."""
        zoom = 1.0
        if random.random() < configuration.zoomed:
            smallest, largest = configuration.smallest_zoom, configuration.largest_zoom
            # Labels reach further beyond a cloud in fine images than in coarse ones, so that each
            # kind stays on its side: else the network learns something between the two.
            to_the_other_kind = np.clip(image.gsd_m / FINE_GSD_M, smallest, largest)
            if image.gsd_m <= FINE_GSD_M:
                smallest = to_the_other_kind
            else:
                largest = to_the_other_kind
            zoom = np.exp(random.uniform(*np.log((smallest, largest))))
        part, target = random_crop(
            random, image.reflectance, image.target, configuration.crop_px, zoom
        )
        return part, target, image.gsd_m / zoom


def _chances(source: str, places: list[list[_Image]]) -> np.ndarray:
    """How often each place of a source is drawn: all alike, of bright ground by how much there is."""
    weights = np.ones(len(places))
    if source == BRIGHT_CLEAR:
        weights = np.array([np.mean([i.bright_clear_share for i in place]) for place in places])
    return weights / weights.sum()


def _without_sensors(records: list[ImageRecord], left_out: Sequence[str]) -> list[ImageRecord]:
    """The images of other sensors. Raises InputError on a name that no sensor has."""
    for name in left_out:
        if not any(name.lower() in record.sensor.lower() for record in records):
            sensors = ", ".join(sorted({record.sensor for record in records}))
            raise InputError(
                f"There is no sensor '{name}' to leave out ('leave_out_sensors' in [data]): the "
                f"images to train on are of {sensors}."
            )
    return [
        record
        for record in records
        if not any(name.lower() in record.sensor.lower() for name in left_out)
    ]


def _by_place(records: Iterable[ImageRecord], teachers: Path | None) -> list[list[_Image]]:
    """The images that can teach anything, read and put together by place."""
    places: dict[str, list[_Image]] = {}
    for record in records:
        image, target = filled_image_and_target_of(record, teachers)
        if target[CLOUD_WEIGHT].any():
            places.setdefault(record.place, []).append(
                _Image(
                    image.astype(np.float16),
                    target.astype(np.float16),
                    record.available_bands,
                    record.gsd_m,
                    record.top_of_atmosphere,
                )
            )
    return [places[place] for place in sorted(places)]
