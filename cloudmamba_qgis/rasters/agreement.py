"""How well a cloud mask agrees with a reference. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Pixels by what mask and reference say; a share that is undefined is NaN.

    Attributes:
        cloud_as_cloud: the mask is right about a cloud of the reference; and so on.
    """

    cloud_as_cloud: int = 0
    clear_as_cloud: int = 0
    cloud_as_clear: int = 0
    clear_as_clear: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.cloud_as_cloud + other.cloud_as_cloud,
            self.clear_as_cloud + other.clear_as_cloud,
            self.cloud_as_clear + other.cloud_as_clear,
            self.clear_as_clear + other.clear_as_clear,
        )

    @property
    def pixels(self) -> int:
        return self.cloud_as_cloud + self.clear_as_cloud + self.cloud_as_clear + self.clear_as_clear

    @property
    def overall_accuracy(self) -> float:
        return _share(self.cloud_as_cloud + self.clear_as_clear, self.pixels)

    @property
    def precision(self) -> float:
        return _share(self.cloud_as_cloud, self.cloud_as_cloud + self.clear_as_cloud)

    @property
    def recall(self) -> float:
        return _share(self.cloud_as_cloud, self.cloud_as_cloud + self.cloud_as_clear)

    @property
    def f1(self) -> float:
        wrong = self.clear_as_cloud + self.cloud_as_clear
        return _share(2 * self.cloud_as_cloud, 2 * self.cloud_as_cloud + wrong)

    @property
    def cloud_iou(self) -> float:
        return _share(
            self.cloud_as_cloud, self.cloud_as_cloud + self.clear_as_cloud + self.cloud_as_clear
        )

    @property
    def clear_iou(self) -> float:
        return _share(
            self.clear_as_clear, self.clear_as_clear + self.clear_as_cloud + self.cloud_as_clear
        )

    @property
    def mean_iou(self) -> float:
        return (self.cloud_iou + self.clear_iou) / 2


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
