"""The network as users of it see it: sizes, bands, stages, ablations, files."""

import dataclasses
import hashlib
import json
import resource
import time

import pytest
import torch
from safetensors.torch import load_file, save, save_file

from cloudmamba.errors import ModelError
from cloudmamba.model_files import load_model, model_path, read_model_card, save_model
from cloudmamba.network.allowed_values import problem_of
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.network.segmentation import DecoderLevel, band_ratios_of

TINY = ModelConfiguration(widths=(8, 8, 8), state_size=2)
CARD = {"name": "tiny", "version": "1", "trained_on": "nothing", "licence": "none"}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return CloudMamba(TINY).eval().requires_grad_(False)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (8, 8), (13, 29), (40, 33)])
def test_any_height_and_width(model, size):
    stages = model(torch.rand(2, 4, *size))
    assert stages.coarse_probability.shape == (2, 1, *size)
    assert stages.refined_probability.shape == (2, 1, *size)
    assert torch.isfinite(stages.refined_logits).all()


def test_values_of_an_absent_band_do_not_matter(model):
    image, other = torch.rand(1, 4, 16, 16), torch.rand(1, 4, 16, 16)
    other[:, :3] = image[:, :3]
    available_bands = torch.tensor([[True, True, True, False]])
    first, second = (model(x, available_bands).coarse_logits for x in (image, other))
    assert torch.equal(first, second)
    assert not torch.equal(model(image).coarse_logits, first)


def test_absence_is_decided_per_image(model):
    image = torch.rand(2, 4, 16, 16)
    available_bands = torch.ones(2, 4, dtype=torch.bool)
    available_bands[1, 3] = False
    both = model(image, available_bands).coarse_logits
    alone = model(image[:1]).coarse_logits
    torch.testing.assert_close(both[:1], alone)


def test_refining_only_where_needed_leaves_the_same_mask(model):
    # Confident on the first image, in doubt on the second.
    model.head.weight.zero_()
    model.head.weight[0, 0] = 1.0
    images = torch.rand(2, 4, 16, 16)
    features = model.decoder(*model.encoder(images))[0][:, 0]
    low, high = features[0].min(), features[1].mean()
    scale = 4.0 / (low - high).abs()
    model.head.weight[0, 0] = scale
    model.head.bias[:] = -scale * high + 0.0
    always = model(images, refine=True)
    needed = model(images, refine="where_needed")
    doubtful = (always.uncertainty >= 0.4).flatten(1).any(1)
    assert torch.equal(needed.refined, doubtful)
    assert doubtful.any()
    torch.testing.assert_close(needed.coarse_logits, always.coarse_logits, rtol=0, atol=0)
    for index in range(2):
        if doubtful[index]:
            alone = model(images[index : index + 1]).refined_logits
            torch.testing.assert_close(needed.refined_logits[index : index + 1], alone)
        else:
            assert torch.equal(needed.refined_logits[index], needed.coarse_logits[index])


def test_where_needed_skips_when_everything_is_certain(model):
    model.head.weight.zero_()
    model.head.bias.fill_(-8.0)
    stages = model(torch.rand(2, 4, 16, 16), refine="where_needed")
    assert not stages.refined.any()
    assert stages.refined_logits is None
    assert torch.equal(stages.refined_probability, stages.coarse_probability)


def test_a_gamma_of_1_leaves_the_second_stage_off(model):
    model.head.weight.zero_()
    model.head.bias.zero_()
    model.refiner.head.bias.fill_(-8.0)
    image = torch.rand(2, 4, 16, 16)
    off, on = (
        model(image, refine="where_needed", acceptance_threshold=gamma) for gamma in (1.0, 0.9999)
    )
    assert (off.uncertainty == 1).all()
    assert off.refined_logits is None and off.accepted.all()
    assert on.refined.all() and not on.accepted.any()


def test_uncertainty_carries_no_gradient_into_the_base_network():
    torch.manual_seed(0)
    model = CloudMamba(dataclasses.replace(TINY, mixer="none")).train()
    stages = model(torch.rand(1, 4, 16, 16))
    stages.refined_logits.sum().backward()
    assert model.head.weight.grad is None  # the head reaches Pr through U alone
    assert model.encoder.stem.weight.grad.abs().sum() > 0


def test_deep_supervision_has_one_map_a_level_in_training_only():
    model = CloudMamba(TINY)
    shapes = [tuple(logits.shape[-2:]) for logits in model(torch.rand(1, 4, 16, 16)).level_logits]
    assert shapes == [(16, 16), (8, 8), (4, 4)]
    assert model.eval()(torch.rand(1, 4, 16, 16)).level_logits == ()


ABLATIONS = [
    {"mixer": "none", "refinement": False},
    {"mixer": "mamba", "refinement": False},
    {"mixer": "dual_scale_separate", "refinement": False},
    {"mixer": "dual_scale", "refinement": False},
    {"mixer": "dual_scale", "refinement": True},
    {"dilations": (1, 1, 1)},
    {"dilations": (2, 2, 2)},
    {"dilations": (2, 4, 8)},
]


@pytest.mark.parametrize("change", ABLATIONS, ids=str)
def test_ablations_of_tables_2_and_3_are_configurations(change, tmp_path):
    configuration = dataclasses.replace(TINY, **change)
    model = CloudMamba(configuration).eval()
    image = torch.rand(1, 4, 16, 16)
    stages = model(image)
    assert (stages.refined_logits is None) == (not configuration.refinement)
    save_model(model, tmp_path / "m.safetensors", CARD)
    loaded, _ = load_model(tmp_path / "m.safetensors")
    assert loaded.configuration == configuration
    assert torch.equal(loaded(image).coarse_logits, stages.coarse_logits)


def test_ablations_differ_in_their_parameters():
    def count(**change):
        model = CloudMamba(dataclasses.replace(TINY, **change))
        return sum(parameter.numel() for parameter in model.parameters())

    counts = [count(**change) for change in ABLATIONS[:5]]
    assert len(set(counts)) == len(counts)
    assert counts[0] < counts[1] < counts[3] < counts[4]


def test_saved_in_half_precision_and_loaded_in_single(model, tmp_path):
    path = tmp_path / "half.safetensors"
    save_model(model, path, CARD, half=True)
    loaded, card = load_model(path)
    assert {t.dtype for t in load_file(path).values()} == {torch.float16}
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert card["name"] == "tiny"
    assert len(card["checksum"]) == 64
    assert read_model_card(path)["licence"] == "none"
    image = torch.rand(1, 4, 16, 16)
    torch.testing.assert_close(
        loaded(image).coarse_logits, model(image).coarse_logits, rtol=0.02, atol=0.02
    )


def test_model_file_that_is_missing(tmp_path):
    with pytest.raises(ModelError, match="There is no model"):
        load_model(tmp_path / "nothing.safetensors")
    with pytest.raises(ModelError, match="There is no model 'unheard-of'"):
        model_path("unheard-of")


def test_model_file_that_is_no_safetensors_file(tmp_path):
    path = tmp_path / "text.safetensors"
    path.write_text("hello, this is not a model" * 100)
    with pytest.raises(ModelError, match="cannot be read as a model file"):
        load_model(path)


def test_model_file_cut_short(model, tmp_path):
    path = tmp_path / "cut.safetensors"
    save_model(model, path, CARD)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be read as a model file"):
        load_model(path)


def test_model_file_of_somebody_else(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="not a CloudMamba model"):
        load_model(path)


def test_model_file_that_only_claims_to_be_ours(tmp_path):
    path = tmp_path / "claim.safetensors"
    save_file({"weight": torch.zeros(3)}, path, {"format": "cloudmamba-model-1"})
    with pytest.raises(ModelError, match="has no readable configuration"):
        load_model(path)


def write_model(path, tensors, configuration):
    """A model file that is whole, whatever it says."""
    digest = hashlib.sha256(configuration.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].view(torch.uint8).numpy().tobytes())
    own = {
        "format": "cloudmamba-model-1",
        "configuration": configuration,
        "weights_sha256": digest.hexdigest(),
    }
    path.write_bytes(save(tensors, CARD | own))


@pytest.mark.parametrize(
    "configuration",
    [
        '{"widths": [20000, 20000, 20000]}',
        '{"widths": [' + "8," * 1_999 + "8]}",
        '{"state_size": "4"}',
        '{"mixer": {}}',
        '{"widths": [' + "9" * 5_000 + "]}",
        "[" * 100_000,
        "[]",
        "null",
        "",
        "{}",
    ],
    ids=lambda text: text[:30],
)
def test_absurd_network_in_a_model_file_costs_a_sentence_and_no_memory(configuration, tmp_path):
    path = tmp_path / "absurd.safetensors"
    write_model(path, {"head.weight": torch.zeros(3)}, configuration)
    started = time.perf_counter()
    with pytest.raises(ModelError, match=r"absurd\.safetensors"):
        load_model(path)
    assert time.perf_counter() - started < 5


def test_largest_network_that_may_be_claimed_is_refused_before_it_is_allocated(tmp_path):
    path = tmp_path / "claim.safetensors"
    claim = {"widths": [2048] * 8, "state_size": 64, "expansion": 8}
    write_model(path, {"head.weight": torch.zeros(3)}, json.dumps(claim))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelError, match="do not fit this version"):
        load_model(path)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 500, "the network itself takes more than 100,000 MB"


def test_weights_of_another_shape_or_type_are_refused(model, tmp_path):
    path = tmp_path / "m.safetensors"
    configuration = json.dumps(dataclasses.asdict(TINY))
    weights = model.state_dict()
    write_model(path, weights, configuration)
    load_model(path)
    for changed, message in (
        ({**weights, "head.bias": weights["head.bias"].repeat(2)}, "do not fit this version"),
        ({**weights, "more": torch.zeros(1)}, "do not fit this version"),
        ({n: t for n, t in weights.items() if n != "head.bias"}, "do not fit this version"),
        ({n: t.bfloat16() for n, t in weights.items()}, "of the type BF16, not F32 or F16"),
        ({**weights, "head.bias": weights["head.bias"].double()}, "of the type F64"),
    ):
        write_model(path, changed, configuration)
        with pytest.raises(ModelError, match=message):
            load_model(path)


def test_model_file_with_a_flipped_bit(model, tmp_path):
    path = tmp_path / "flipped.safetensors"
    save_model(model, path, CARD)
    content = bytearray(path.read_bytes())
    content[-5] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(ModelError, match="checksum differs"):
        load_model(path)


def test_model_file_whose_configuration_was_changed(model, tmp_path):
    path = tmp_path / "changed.safetensors"
    save_model(model, path, CARD)
    metadata = read_model_card(path)
    values = json.loads(metadata["configuration"]) | {"acceptance_threshold": 0.9}
    save_file(load_file(path), path, metadata | {"configuration": json.dumps(values)})
    with pytest.raises(ModelError, match="checksum differs"):
        load_model(path)


def test_saved_model_is_as_readable_as_any_file(model, tmp_path):
    save_model(model, tmp_path / "m.safetensors", CARD)
    (tmp_path / "plain").write_text("")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1
    assert len(list(tmp_path.iterdir())) == 2


def test_model_without_a_card_is_refused(model, tmp_path):
    save_model(model, tmp_path / "m.safetensors", {"name": "half a card"})
    with pytest.raises(ModelError, match="does not say its version, trained_on, licence"):
        load_model(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    "values",
    [
        {"widths": 3},
        {"widths": "wide"},
        {"widths": [8, 0]},
        {"widths": []},
        {"widths": [True, 8]},
        {"widths": [[8], 8]},
        {"widths": {"8": 8}},
        {"widths": [20_000, 20_000]},
        {"widths": [8] * 2_000},
        {"widths": [10**300]},
        {"dilations": [1, 2]},
        {"expansion": 0},
        {"dilations": [1, 2, 10**9]},
        {"expansion": True},
        {"expansion": 1e300},
        {"expansion": None},
        {"expansion": 0.1, "widths": [2, 8]},
        {"state_size": 2.5},
        {"state_size": 10**6},
        {"bands": ["red", "red"]},
        {"bands": ["red", 4]},
        {"bands": ["red\x00"]},
        {"bands": [["red"]]},
        {"bands": [f"band {number}" for number in range(1_000)]},
        {"mixer": ["none"]},
        {"mixer": None},
        {"refinement": 1},
        {"refinement": "no"},
        {"coarse_threshold": "0.5"},
        {"temperature": float("inf")},
        {"temperature": 0},
        {"acceptance_threshold": 7},
        {"coarse_threshold": float("nan")},
    ],
    ids=lambda values: str(values)[:60],
)
def test_configuration_rejects_impossible_values(values):
    with pytest.raises(ModelError):
        ModelConfiguration.from_dict(values)


def test_every_field_of_the_configuration_says_what_it_may_hold():
    assert all("allowed" in field.metadata for field in dataclasses.fields(ModelConfiguration))

    @dataclasses.dataclass
    class Forgetful:
        width: int = 3

    with pytest.raises(KeyError):
        problem_of(Forgetful())


def test_message_names_the_setting_what_it_may_be_and_what_it_is():
    with pytest.raises(ModelError, match="'widths' must be a list of 1 to 8, each a whole number"):
        ModelConfiguration(widths=(20_000,))
    with pytest.raises(ModelError, match=r"not \(8, 8, .*\.\.\.\.$") as error:
        ModelConfiguration(widths=(8,) * 2_000)
    assert len(str(error.value)) < 200


def test_configuration_rejects_what_it_does_not_know():
    with pytest.raises(ModelError, match="Unknown model setting: width"):
        ModelConfiguration.from_dict({"width": 3})
    with pytest.raises(ModelError, match="'mixer' must be one of .*, not 'attention'"):
        ModelConfiguration(mixer="attention")


HALF_RESOLUTION = ModelConfiguration(
    widths=(16, 16), state_size=1, stem_stride=2, upsampling="bilinear", shadow=True
)


@pytest.mark.parametrize("size", [(16, 24), (13, 9), (1, 5)])
def test_a_stem_of_stride_2_still_answers_for_every_pixel(size):
    torch.manual_seed(0)
    stages = CloudMamba(HALF_RESOLUTION).eval()(torch.rand(2, 4, *size))
    for logits in (stages.coarse_logits, stages.refined_logits, stages.shadow_logits):
        assert logits.shape == (2, 1, *size)
        assert torch.isfinite(logits).all()


def test_the_second_stage_of_a_stem_of_stride_2_sees_single_pixels():
    torch.manual_seed(0)
    model = CloudMamba(HALF_RESOLUTION).eval()
    image = torch.rand(1, 4, 16, 16)
    stages = model(image)

    # The first stage is smooth between its pixels, the second need not be.
    def roughness(logits):
        return (logits[..., 1:] - logits[..., :-1]).diff().abs().mean() / logits.std()

    assert roughness(stages.refined_logits) > 2 * roughness(stages.coarse_logits)


def test_band_ratios_are_those_of_any_brightness():
    grey = torch.full((1, 4, 2, 3), 0.5)
    tinted = grey * torch.tensor([1.0, 1.02, 1.0, 0.97])[:, None, None]
    assert (band_ratios_of(grey) == 0).all()
    ratios = band_ratios_of(tinted)
    assert ratios.shape == (1, 3, 2, 3)
    # Two percent are 0.16, and no brightness changes that.
    expected = [-0.158, 0.158, 0.244]
    assert ratios[0, :, 0, 0].tolist() == pytest.approx(expected, abs=1e-3)
    torch.testing.assert_close(band_ratios_of(0.3 * tinted), ratios)
    # Noise of dark water makes no ratio, and a band that is missing (below zero) a scale's end.
    assert (band_ratios_of(torch.rand(1, 4, 8, 8) * 0.03) == 0).all()
    missing = torch.cat([grey[:, :3], torch.full((1, 1, 2, 3), -0.5)], 1)
    assert (band_ratios_of(missing)[:, 2] == 2).all() and (
        band_ratios_of(missing)[:, :2] == 0
    ).all()
    assert band_ratios_of(grey[:, :1]).shape == (1, 0, 2, 3)


def test_a_stem_sees_band_ratios_if_it_is_to():
    configuration = dataclasses.replace(HALF_RESOLUTION, band_ratios=True)
    torch.manual_seed(0)
    model = CloudMamba(configuration).eval()
    image = torch.rand(1, 4, 16, 16)
    before = model(image).coarse_logits
    with torch.no_grad():
        model.encoder.stem.weight[:, :4] = 0
    # Of the bands themselves nothing is left: brightness makes no difference, a ratio does.
    image = image.clamp(min=0.1)
    seen = model(image).coarse_logits
    assert not torch.equal(seen, before)
    torch.testing.assert_close(model(2 * image).coarse_logits, seen)
    image[:, 3] *= 1.1
    assert (model(image).coarse_logits - seen).abs().max() > 1e-4


def test_outlines_of_fine_and_coarse_images_differ_where_the_network_has_learnt_both():
    configuration = dataclasses.replace(HALF_RESOLUTION, fine_outlines=True)
    torch.manual_seed(0)
    model = CloudMamba(configuration).train()
    image = torch.rand(3, 4, 16, 16)
    fineness = torch.tensor([0.0, 0.5, 1.0])
    with torch.no_grad():
        # Nothing is learnt at first.
        before = model(image, fineness=fineness)
        assert torch.equal(before.coarse_logits, model(image, fineness=1 - fineness).coarse_logits)
        for head in (model.fine_head, *model.fine_level_heads):
            head.bias.fill_(2.0)
        after = model(image, fineness=fineness)
        unknown = model(image)
    pairs = [(after.coarse_logits, before.coarse_logits)]
    pairs += zip(after.level_logits, before.level_logits, strict=True)
    for one, other in pairs:
        added = (2 * fineness)[:, None, None, None].expand_as(one)
        torch.testing.assert_close(one - other, added, rtol=0, atol=1e-5)
    torch.testing.assert_close(unknown.coarse_logits[1], after.coarse_logits[1])
    torch.testing.assert_close(unknown.coarse_logits[0] - 1, after.coarse_logits[0])


def test_bilinear_upsampling_makes_no_lattice():
    """Of a map without structure only the border may get some; transposed convolution makes a lattice."""
    torch.manual_seed(0)
    flat = torch.ones(1, 8, 12, 12)
    skip = torch.zeros(1, 8, 24, 24)
    inner = (..., slice(6, -6), slice(6, -6))
    smooth = DecoderLevel(8, 8, "bilinear")(flat, skip)[inner]
    assert (smooth - smooth[..., :1, :1]).abs().max() < 1e-5
    lattice = DecoderLevel(8, 8, "transposed")(flat, skip)[inner]
    assert (lattice - lattice[..., :1, :1]).abs().max() > 1e-3


def test_networks_without_a_shadow_output_say_so():
    stages = CloudMamba(ModelConfiguration(widths=(8,), state_size=1))(torch.rand(1, 4, 8, 8))
    assert stages.shadow_logits is None
    assert stages.shadow_probability is None
