"""Measures of uncertainty and of calibration against values worked out by hand."""

import math

import numpy as np
import pytest

from cloudmamba.evaluation.uncertainty import ErrorRanking, Reliability


def ranking(uncertainty, wrong):
    return ErrorRanking.of(np.array(uncertainty, np.float32), np.array(wrong, bool))


def reliability(probability, cloud):
    return Reliability.of(np.array(probability, np.float32), np.array(cloud, bool))


def naive_aurc(wrong_in_order):
    return np.mean(np.cumsum(wrong_in_order) / np.arange(1, len(wrong_in_order) + 1))


def test_ranking_by_hand():
    # From sure to unsure: right, wrong, right, wrong.
    found = ranking([0.3, 0.1, 0.9, 0.5], [1, 0, 1, 0])
    assert found.pixels == 4 and found.errors == 2
    assert found.aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    # The best order: right, right, wrong, wrong.
    best = (0 + 0 + 1 / 3 + 2 / 4) / 4
    assert found.e_aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4 - best)
    # Of the four pairs only wrong at 0.3 against right at 0.5 is in the wrong order.
    assert found.auroc_of_errors == pytest.approx(3 / 4)


def test_retention_curve_by_hand():
    curve = ranking([0.3, 0.1, 0.9, 0.5], [1, 0, 1, 0]).retention_curve()
    assert curve.retained.tolist() == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1])
    assert curve.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert curve.error.tolist() == pytest.approx([0, 1 / 4, 1 / 4, 1 / 2])


def test_errors_caught_by_hand():
    found = ranking([0.3, 0.1, 0.9, 0.5], [1, 0, 1, 0])
    assert found.errors_caught(0) == pytest.approx(0)
    assert found.errors_caught(1 / 4) == pytest.approx(1 / 2)
    assert found.errors_caught(2 / 4) == pytest.approx(1 / 2)
    assert found.errors_caught(3 / 4) == pytest.approx(1)
    assert found.errors_caught(1) == pytest.approx(1)
    tied = ranking([0.5] * 10, [1, 1] + [0] * 8)
    assert tied.errors_caught(0.1) == pytest.approx(0.1), "ties in proportion"
    assert math.isnan(ranking([0.1, 0.2], [0, 0]).errors_caught(0.1))


def test_ties_are_the_mean_over_all_orders():
    found = ranking([0.2, 0.6, 0.6, 0.6, 0.8], [0, 1, 0, 0, 1])
    orders = [[0, 1, 0, 0, 1], [0, 0, 1, 0, 1], [0, 0, 0, 1, 1]]
    assert found.aurc == pytest.approx(np.mean([naive_aurc(order) for order in orders]))
    # Wrong at 0.6 beats one right pixel and ties with two; wrong at 0.8 beats all three.
    assert found.auroc_of_errors == pytest.approx((1 + 2 * 0.5 + 3) / 6)


def test_many_pixels_are_summed_as_few_are():
    random = np.random.default_rng(4)
    # One in every bin, so that there are no ties.
    uncertainty, wrong = ((np.arange(2000) + 0.5) / 2000) ** 4, random.random(2000) < 0.2
    found = ranking(uncertainty, wrong)
    assert found.aurc == pytest.approx(naive_aurc(wrong), abs=1e-12)
    assert found.e_aurc == pytest.approx(found.aurc - naive_aurc(np.sort(wrong)), abs=1e-12)


def test_one_uncertainty_everywhere_is_no_ranking():
    found = ranking([0.5] * 10, [1, 1] + [0] * 8)
    assert found.auroc_of_errors == pytest.approx(0.5)
    assert found.aurc == pytest.approx(0.2)


def test_ranking_without_errors():
    found = ranking([0.1, 0.2], [0, 0])
    assert found.aurc == found.e_aurc == 0
    assert math.isnan(found.auroc_of_errors)


def test_ranking_of_errors_alone():
    found = ranking([0.1, 0.2, 0.3], [1, 1, 1])
    assert found.aurc == pytest.approx(1)
    assert found.e_aurc == pytest.approx(0)
    assert math.isnan(found.auroc_of_errors)


def test_ranking_of_nothing():
    found = ranking([], [])
    assert math.isnan(found.aurc) and math.isnan(found.e_aurc)
    assert math.isnan(found.auroc_of_errors)
    assert found.retention_curve().retained.size == 0


def test_perfect_ranking_has_no_excess():
    found = ranking(np.linspace(0, 1, 500), np.arange(500) >= 450)
    assert found.e_aurc == pytest.approx(0, abs=1e-12)
    assert found.auroc_of_errors == 1


def test_bins_change_next_to_nothing_even_among_very_sure_pixels():
    random = np.random.default_rng(0)
    uncertainty = 10 ** random.uniform(-7, 0, 20_000)
    wrong = random.random(20_000) < 0.4 * uncertainty**0.1
    found = ranking(uncertainty, wrong)
    order = np.argsort(uncertainty.astype(np.float32))
    assert found.aurc == pytest.approx(naive_aurc(wrong[order]), abs=1e-3)
    ranks = np.empty(len(order))
    ranks[order] = np.arange(len(order))
    errors = wrong.sum()
    exact = (ranks[wrong].sum() - errors * (errors - 1) / 2) / (errors * (len(order) - errors))
    assert found.auroc_of_errors == pytest.approx(exact, abs=1e-3)


def test_adding_rankings_is_pooling():
    random = np.random.default_rng(1)
    uncertainty, wrong = random.random((3, 100)), random.random((3, 100)) < 0.3
    parts = [ErrorRanking.of(u, w) for u, w in zip(uncertainty, wrong, strict=True)]
    together, whole = parts[0] + parts[1] + parts[2], ErrorRanking.of(uncertainty, wrong)
    assert np.array_equal(together.right, whole.right)
    assert np.array_equal(together.wrong, whole.wrong)


def test_reliability_by_hand():
    # Bins of a twentieth: two pixels in [0.30, 0.35), one in [0.95, 1].
    found = reliability([0.31, 0.33, 1.0], [1, 0, 0])
    assert found.ece == pytest.approx((2 * abs(0.32 - 0.5) + abs(1 - 0)) / 3)
    assert found.brier == pytest.approx((0.69**2 + 0.33**2 + 1) / 3)
    curve = found.curve()
    assert curve.probability.tolist() == pytest.approx([0.32, 1])
    assert curve.cloud_share.tolist() == [0.5, 0]
    assert curve.pixels.tolist() == [2, 1]


def test_calibrated_probability_has_no_calibration_error():
    probability = np.repeat([0.125, 0.625], 800)
    cloud = np.concatenate([np.arange(800) < 100, np.arange(800) < 500])
    found = reliability(probability, cloud)
    assert found.ece == pytest.approx(0, abs=1e-12)
    assert found.brier == pytest.approx((0.125 * 0.875 + 0.625 * 0.375) / 2)


def test_sure_and_right_or_wrong():
    assert reliability([0, 1], [0, 1]).ece == reliability([0, 1], [0, 1]).brier == 0
    assert reliability([0, 1], [1, 0]).ece == reliability([0, 1], [1, 0]).brier == 1
    assert math.isnan(reliability([], []).ece) and math.isnan(reliability([], []).brier)


def test_adding_reliabilities_is_pooling():
    random = np.random.default_rng(2)
    probability, cloud = random.random((2, 50)), random.random((2, 50)) < 0.5
    parts = [Reliability.of(p, c) for p, c in zip(probability, cloud, strict=True)]
    together, whole = parts[0] + parts[1], Reliability.of(probability, cloud)
    assert together.ece == pytest.approx(whole.ece)
    assert together.brier == pytest.approx(whole.brier)
    assert together.curve().pixels.tolist() == whole.curve().pixels.tolist()


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_values_that_are_no_probability_are_refused(value):
    with pytest.raises(ValueError, match="0 to 1"):
        ranking([0.5, value], [0, 1])
    with pytest.raises(ValueError, match="0 to 1"):
        reliability([0.5, value], [0, 1])
