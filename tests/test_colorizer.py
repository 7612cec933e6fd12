"""The model people load: its surface, its promises about lightness and size, its strictness about weights."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skimage
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file, save_file

from colorgan import DEFAULT_WEIGHTS, Colorizer
from colorgan.color import bytes_to_lightness
from colorgan.machine import fastest_device
from colorgan.networks import GENERATORS
from colorgan.upsampling import LEVELS

SHARED = Path(os.environ.get("COLORGAN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
EXAMPLES = [Path(skimage.__file__).parent / "data" / name for name in ("astronaut.png", "chelsea.png", "coffee.png")]
LITE = {"options": {"widths": [8, 8, 8, 8]}, "view_size": 64}
NARROW = {"LiteUNet": {"widths": [8, 8, 8, 8]}, "DropoutUNet": {"width": 4}, "SymmetricUNet": {"width": 4}}
SMALL = {"network": "DropoutUNet", "options": {"steps": 3, "width": 4}, "view_size": 32}


@pytest.fixture(scope="module")
def bundled() -> Colorizer:
    return Colorizer.from_pretrained(DEFAULT_WEIGHTS)


@pytest.fixture
def small() -> Colorizer:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Colorizer(**SMALL)


def photo(name: int = 0, size: tuple[int, int] | None = None, mode: str = "RGB") -> Image.Image:
    image = Image.open(EXAMPLES[name]).convert(mode)
    return image.resize(size) if size else image


def lightness(image: Image.Image) -> torch.Tensor:
    return bytes_to_lightness(torch.tensor(np.asarray(image)))


def chroma_distance(one: Image.Image, other: Image.Image) -> float:
    """Mean distance of two pictures of one photo: they share their lightness, so it is all chroma."""
    return float(np.abs(np.asarray(one).astype(float) - np.asarray(other).astype(float)).mean())


class TestColorize:
    def test_one_image_gives_one_picture_of_its_size(self, bundled: Colorizer) -> None:
        picture = bundled.colorize(photo(size=(301, 203)))
        assert (picture.mode, picture.size) == ("RGB", (301, 203))

    def test_it_colours(self, bundled: Colorizer) -> None:
        pixels = np.asarray(bundled.colorize(photo(2, mode="L"))).astype(int)
        assert (pixels.max(2) - pixels.min(2)).mean() > 10

    def test_mixed_sizes_and_modes_in_batches(self, bundled: Colorizer) -> None:
        images = [photo(0, (90, 60)), photo(1, (60, 90), "L"), photo(2, (90, 60), "RGBA"), photo(0, (33, 8))]
        pictures = bundled.colorize(images, batch_size=3)
        assert [picture.size for picture in pictures] == [image.size for image in images]
        assert [picture.mode for picture in pictures] == ["RGB", "RGB", "RGBA", "RGB"]

    def test_a_picture_does_not_depend_on_its_company(self, bundled: Colorizer) -> None:
        images = [photo(number, (96, 64)) for number in range(3)]
        alone, together = bundled.colorize(images[1]), bundled.colorize(images)[1]
        assert np.abs(np.asarray(alone).astype(int) - np.asarray(together).astype(int)).max() <= 1

    def test_alpha_is_kept(self, bundled: Colorizer) -> None:
        image = photo(size=(64, 48), mode="RGBA")
        alpha = Image.linear_gradient("L").resize((64, 48))
        image.putalpha(alpha)
        assert bundled.colorize(image).getchannel("A").tobytes() == alpha.tobytes()

    def test_an_iterator_will_do_and_nothing_gives_nothing(self, small: Colorizer) -> None:
        assert len(small.colorize(iter([photo(size=(40, 30)), photo(size=(30, 40))]))) == 2
        assert small.colorize([]) == []

    def test_colour_input_counts_by_its_lightness_alone(self, bundled: Colorizer) -> None:
        colour = photo(2, (120, 80))
        picture = bundled.colorize(colour)
        again = bundled.colorize(picture)
        assert chroma_distance(picture, again) < 1.0

    def test_vividness(self, bundled: Colorizer) -> None:
        image = photo(2, (120, 80))
        gray = np.asarray(bundled.colorize(image, vividness=0.0)).astype(int)
        assert (gray.max(2) - gray.min(2)).max() <= 1
        spread = [np.ptp(np.asarray(bundled.colorize(image, vividness=v)).astype(int), 2).mean() for v in (0.5, 1, 1.5)]
        assert spread[0] < spread[1] < spread[2]

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ({"variants": 0}, "variants must be at least 1, got 0"),
            ({"vividness": -0.1}, "vividness must be from 0 to 3, got -0.1"),
            ({"vividness": float("nan")}, "vividness must be from 0 to 3, got nan"),
            ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
            ({"vividness": "loud"}, "vividness must be from 0 to 3, got 'loud'"),
            ({"variants": 2.5}, "variants must be a whole number, got 2.5"),
            ({"seed": "x"}, "seed must be a whole number, got 'x'"),
            ({"daring": "very"}, r"daring must be from 0 \(calm\) to 1, got 'very'"),
        ],
    )
    def test_bad_arguments_are_quoted(self, small: Colorizer, arguments: dict, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            small.colorize(photo(size=(32, 32)), **arguments)

    def test_a_tiny_image_is_refused(self, small: Colorizer) -> None:
        with pytest.raises(ValueError, match="8"):
            small.colorize(Image.new("L", (7, 100)))


class TestTaken:
    """An image in any form gives the same picture, which says what it was taken for."""

    def test_the_same_photo_in_every_form(self, small: Colorizer, tmp_path: Path) -> None:
        image = photo(size=(40, 30))
        path = tmp_path / "a.png"
        image.save(path)
        pixels = np.asarray(image)
        forms = {
            "a PIL image of mode RGB": image,
            "the PNG file 'a.png'": path,
            "the bytes of a PNG file": path.read_bytes(),
            "a numpy array of uint8, 30 x 40 x 3": pixels,
            "a numpy array of uint16, 30 x 40 x 3; 16 bits a channel became 8": pixels.astype(np.uint16) * 257,
            "a numpy array of float32, 30 x 40 x 3; float colour from 0 to 1 became 8-bit": np.float32(pixels) / 255,
        }
        alone = [small.colorize(form) for form in forms.values()]
        assert [picture.info["took"] for picture in alone] == list(forms)
        assert {picture.tobytes() for picture in alone + small.colorize(forms.values())} == {alone[0].tobytes()}
        assert small.colorize(str(path), variants=1)[0].info["took"] == "the PNG file 'a.png'"

    def test_channels(self, small: Colorizer) -> None:
        gray = np.tile(np.arange(16, dtype=np.uint8) * 16, (16, 1))
        opaque = np.full_like(gray, 255)
        pictures = small.colorize(
            [gray, gray[:, :, None], np.dstack((gray, opaque)), np.dstack((gray,) * 3 + (opaque,))]
        )
        assert [picture.mode for picture in pictures] == ["RGB", "RGB", "RGBA", "RGBA"]
        assert len({picture.convert("RGB").tobytes() for picture in pictures}) == 1
        assert (
            small.colorize(gray.astype(np.uint16))
            .info["took"]
            .endswith("its numbers all fit 8 bits, and were read as such")
        )

    @pytest.mark.parametrize(
        ("image", "words"),
        [
            (np.zeros((20, 20), np.int64), "must hold uint8, uint16 or floats in .*, got int64"),
            (np.full((20, 20), 200.0), "floats must be in .*, got values from 200 to 200"),
            (np.full((20, 20), np.nan), "floats must be in .*, got values from nan"),
            (np.zeros((2, 20, 20, 3), np.uint8), r"must be \(H, W\) or .*, got \(2, 20, 20, 3\)"),
            (np.zeros((20, 20, 7), np.uint8), r"1 to 4 channels, got \(20, 20, 7\)"),
            (np.zeros((0, 20), np.uint8), "8"),
            (torch.zeros(3, 20, 20), "an image must be a PIL image, the path or the bytes of a file, .*, got Tensor"),
            (None, "an image must be .*, got NoneType"),
            ([b"no picture"], "the file"),
            ("no/such.png", "no such file|No such file"),
        ],
        ids=str,
    )
    def test_what_it_does_not_take(self, small: Colorizer, image: object, words: str) -> None:
        with pytest.raises(ValueError, match=words) as caught:
            small.colorize(image)  # type: ignore[call-overload]
        assert "\n" not in str(caught.value)

    def test_a_model_in_training_mode(self, small: Colorizer) -> None:
        with pytest.raises(ValueError, match=r"in training mode, .*: call eval\(\) first"):
            small.train().colorize(photo(size=(40, 30)))


class TestLightness:
    """The output's lightness is the input's."""

    @staticmethod
    def difference(image: Image.Image, picture: Image.Image) -> torch.Tensor:
        return (lightness(picture) - lightness(image)).abs().flatten()

    @pytest.mark.parametrize("name", range(3))
    @pytest.mark.parametrize("vividness", [1.0, 3.0])
    def test_of_bundled_photos(self, bundled: Colorizer, name: int, vividness: float) -> None:
        for mode in ("L", "RGB"):
            image = photo(name, mode=mode)
            off = self.difference(image, bundled.colorize(image, vividness=vividness))
            assert off.mean() <= 0.5
            assert off.quantile(0.999) <= 2.0

    @pytest.mark.shared_data
    @pytest.mark.skipif(not SHARED.is_dir(), reason="the shared photographs are not here")
    def test_of_the_test_photos(self, bundled: Colorizer) -> None:
        import pyarrow.parquet

        offs = []
        for shard in sorted(SHARED.glob("*/data/test-*.parquet")):
            rows = pyarrow.parquet.read_table(shard, columns=["image"]).slice(0, 12)
            for row in rows["image"].to_pylist():
                image = Image.open(io.BytesIO(row["bytes"])).convert("RGB")
                offs.append(self.difference(image, bundled.colorize(image))[::7])
        off = torch.cat(offs).sort().values
        assert off.mean() <= 0.5
        assert off[int(0.999 * len(off))] <= 2.0

    @settings(max_examples=15, deadline=None)
    @given(st.integers(8, 200), st.integers(8, 200), st.integers(0, 2**32 - 1))
    def test_of_noise_of_any_size(self, width: int, height: int, seed: int) -> None:
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            picture = Colorizer(**SMALL, gain=3.0).colorize(Image.fromarray(pixels))
        assert picture.size == (width, height)
        assert self.difference(Image.fromarray(pixels), picture).mean() <= 0.5


class TestVariants:
    def test_differ_from_each_other_and_from_the_picture(self, bundled: Colorizer) -> None:
        image = photo(2, (240, 160))
        pictures = [bundled.colorize(image), *bundled.colorize(image, variants=4, seed=7)]
        for number, one in enumerate(pictures):
            for other in pictures[:number]:
                assert chroma_distance(one, other) > 1.0

    def test_seed_fixes_them(self, bundled: Colorizer) -> None:
        image = photo(1, (90, 60))
        first, again = (bundled.colorize(image, variants=2, seed=3) for _ in range(2))
        assert [p.tobytes() for p in first] == [p.tobytes() for p in again]
        assert bundled.colorize(image, variants=2, seed=4)[0].tobytes() != first[0].tobytes()

    def test_more_variants_begin_with_the_same(self, bundled: Colorizer) -> None:
        image = photo(1, (90, 60))
        two, four = (bundled.colorize(image, variants=count, seed=5) for count in (2, 4))
        for one, other in zip(two, four, strict=False):
            assert np.abs(np.asarray(one).astype(int) - np.asarray(other).astype(int)).max() <= 1

    def test_dropout_serves_the_networks_that_have_nothing_better(self, small: Colorizer) -> None:
        small.gain = 30.0  # untrained, it is nearly gray
        one, other = small.colorize(photo(size=(64, 64)), variants=2, seed=1)
        assert one.tobytes() != other.tobytes()

    def test_a_network_without_noise_says_so(self) -> None:
        with pytest.raises(ValueError, match="UnpaddedFCN makes one picture only"):
            Colorizer(network="UnpaddedFCN", view_size=32).colorize(photo(size=(40, 40)), variants=2)

    def test_a_flagship_without_a_distribution_says_so(self) -> None:
        with pytest.raises(ValueError, match="LiteUNet makes one picture only: it cannot draw variants"):
            Colorizer(view_size=32).colorize(photo(size=(40, 40)), variants=2)


class TestPrediction:
    def test_paints_any_size_without_the_network(self, bundled: Colorizer) -> None:
        image = photo(2)
        prediction = bundled.predict([image], variants=2)[0]
        assert prediction.variants == 2
        for size in ((60, 40), (600, 400), (1200, 800)):
            assert prediction.picture(image.resize(size), variant=2).size == size

    def test_strips_do_not_show(self, bundled: Colorizer, monkeypatch: pytest.MonkeyPatch) -> None:
        image = photo(1)
        prediction = bundled.predict([image])[0]
        whole = prediction.picture(image)
        monkeypatch.setattr("colorgan.painting.ROWS", 1)
        assert prediction.picture(image).tobytes() == whole.tobytes()

    def test_unknown_variant(self, bundled: Colorizer) -> None:
        with pytest.raises(ValueError, match="variant must be from 0 to 0, got 1"):
            bundled.predict([photo()])[0].picture(photo(), variant=1)


class TestTensors:
    @settings(max_examples=10, deadline=None)
    @given(st.integers(1, 2), st.integers(8, 90), st.integers(8, 90))
    def test_any_height_and_width(self, count: int, height: int, width: int) -> None:
        colorizer = Colorizer(**SMALL)
        with torch.inference_mode():
            ab = colorizer(torch.rand(count, 1, height, width) * 100)
        assert ab.shape == (count, 2, height, width)
        assert ab.isfinite().all()

    def test_wrong_shape(self, small: Colorizer) -> None:
        with pytest.raises(ValueError, match=r"\(N, 1, H, W\), got \(1, 3, 32, 32\)"):
            small(torch.rand(1, 3, 32, 32))

    @pytest.mark.parametrize("network", sorted(GENERATORS))
    def test_every_network_colorizes(self, network: str) -> None:
        colorizer = Colorizer(network=network, options=NARROW.get(network, {}), view_size=64)
        assert colorizer.colorize(photo(size=(70, 50))).size == (70, 50)


class TestSmoothing:
    """A hyper-parameter of coarse networks alone: how far colours even out within the edges of lightness."""

    def test_more_levels_even_out_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        model, noise = Colorizer(**LITE), torch.randn(1, 2, 32, 32, generator=torch.Generator().manual_seed(0))
        monkeypatch.setattr(model.generator, "forward", lambda lightness: noise)
        spreads = []
        with torch.inference_mode():
            for model.smoothing in (0, 1, 2, 4):
                spreads.append(float(model(torch.full((1, 1, 64, 64), 50.0)).std(dim=(2, 3)).mean()))
        assert spreads[0] > spreads[1] > spreads[2] > spreads[3] > 0
        assert spreads[3] < spreads[0] / 2

    def test_it_travels_in_the_config(self, tmp_path: Path) -> None:
        Colorizer(**LITE, smoothing=5).save_pretrained(tmp_path)
        assert Colorizer.from_pretrained(tmp_path).smoothing == 5
        assert Colorizer(**LITE).smoothing == LEVELS  # what weights without a word on it were made with

    @pytest.mark.parametrize("levels", [-1, 9])
    def test_bad_levels_are_refused(self, levels: int) -> None:
        with pytest.raises(ValueError, match=f"smoothing must be from 0 to 8 levels, got {levels}"):
            Colorizer(**LITE, smoothing=levels)


class TestWeights:
    def test_round_trip(self, small: Colorizer, tmp_path: Path) -> None:
        small.gain, image = 1.7, photo(size=(40, 50))
        small.save_pretrained(tmp_path)
        assert {"config.json", "model.safetensors"} <= {path.name for path in tmp_path.iterdir()}
        again = Colorizer.from_pretrained(tmp_path, gain=1.7)
        assert again.colorize(image).tobytes() == small.colorize(image).tobytes()
        assert not again.training
        assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1, (
            "one is readable by fewer than the others"
        )

    def test_half_precision_on_disk(self, small: Colorizer, tmp_path: Path) -> None:
        image = photo(size=(40, 50))
        expected = small.colorize(image)
        small.half().save_pretrained(tmp_path)
        again = Colorizer.from_pretrained(tmp_path)
        assert all(p.dtype == torch.float32 for p in again.parameters())
        assert chroma_distance(again.colorize(image), expected) < 0.5

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda w: w.pop("generator.head.bias"), "lack generator.head.bias:"),
            (lambda w: w.update(surprise=torch.zeros(1)), "have an unexpected surprise:"),
            (lambda w: w.update({"generator.head.bias": torch.zeros(9)}), "have another shape of generator.head.bias:"),
        ],
    )
    def test_strict(self, small: Colorizer, tmp_path: Path, change, words: str) -> None:
        small.save_pretrained(tmp_path)
        weights = load_file(tmp_path / "model.safetensors")
        change(weights)
        save_file(weights, tmp_path / "model.safetensors")
        with pytest.raises(ValueError, match=words):
            Colorizer.from_pretrained(tmp_path)

    @pytest.mark.parametrize(
        ("damage", "words"),
        [
            (lambda d: (d / "model.safetensors").unlink(), "neither a folder with a model"),
            (lambda d: (d / "model.safetensors").write_bytes(b"junk"), "not a readable safetensors file"),
            (lambda d: (d / "config.json").unlink(), "no config.json that names its network"),
            (lambda d: (d / "config.json").write_text("{"), "config.json"),
            (lambda d: rewrite(d, network="Nonsense"), "network must be one of .*, got 'Nonsense'"),
            (
                lambda d: rewrite(d, options={"colour": 3}),
                "DropoutUNet cannot be built with the options {'colour': 3}: ",
            ),
            (lambda d: rewrite(d, options=[1]), "options must be a dictionary of DropoutUNet's hyper-parameters"),
            (lambda d: rewrite(d, network=["LiteUNet"]), "network must be one of .*, got \\['LiteUNet'\\]"),
            (lambda d: rewrite(d, view_size="large"), "view_size must be a whole number from 16 to 4096, got 'large'"),
            (lambda d: rewrite(d, view_size=0), "view_size must be a whole number from 16 to 4096, got 0"),
            (lambda d: rewrite(d, gain=None), "gain must be a finite number of at least 0, got None"),
            (lambda d: rewrite(d, smoothing=2.5), "smoothing must be from 0 to 8 levels, got 2.5"),
            (lambda d: rewrite(d, surprise=1), "config.json this version cannot use: it does not know 'surprise'"),
            (
                lambda d: (d / "config.json").write_text("[]"),
                "config.json of .* is broken: it must hold one object, got ",
            ),
        ],
    )
    def test_damage_gets_one_clear_line(self, small: Colorizer, tmp_path: Path, damage, words: str) -> None:
        small.save_pretrained(tmp_path)
        damage(tmp_path)
        with pytest.raises(ValueError, match=words) as caught:
            Colorizer.from_pretrained(tmp_path)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
    @pytest.mark.parametrize("name", ["generator.head.bias", "generator.encoder.1.1.running_var"])
    def test_a_number_that_is_none_is_refused_by_its_tensor(
        self, small: Colorizer, tmp_path: Path, name: str, number: float
    ) -> None:
        small.save_pretrained(tmp_path)
        weights = load_file(tmp_path / "model.safetensors")
        weights[name].view(-1)[-1] = number
        save_file(weights, tmp_path / "model.safetensors")
        with pytest.raises(ValueError, match=f"are damaged: {name} holds numbers that are not finite"):
            Colorizer.from_pretrained(tmp_path)

    @pytest.mark.parametrize("argument", ["gain", "variant_strength"])
    def test_a_number_of_the_config_that_is_none(self, small: Colorizer, tmp_path: Path, argument: str) -> None:
        small.save_pretrained(tmp_path)
        rewrite(tmp_path, **{argument: float("nan")})
        with pytest.raises(ValueError, match=f"{argument} must be a finite number of at least 0, got nan"):
            Colorizer.from_pretrained(tmp_path)

    def test_no_such_model_offline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(ValueError, match="neither a folder with a model nor one") as caught:
            Colorizer.from_pretrained("nobody/nothing", local_files_only=True)
        assert "\n" not in str(caught.value)


class TestOptions:
    """What people know from other libraries works, or is named."""

    @pytest.mark.parametrize("option", ["dtype", "torch_dtype"])
    @pytest.mark.parametrize("dtype", [torch.bfloat16, "bfloat16", "torch.bfloat16"])
    def test_dtype(self, small: Colorizer, tmp_path: Path, option: str, dtype: torch.dtype | str) -> None:
        small.save_pretrained(tmp_path)
        assert Colorizer.from_pretrained(tmp_path, **{option: dtype}).dtype == torch.bfloat16

    @pytest.mark.parametrize("option", ["device", "map_location", "device_map"])
    @pytest.mark.parametrize("device", ["meta", torch.device("meta")])
    def test_device(self, small: Colorizer, tmp_path: Path, option: str, device: torch.device | str) -> None:
        small.save_pretrained(tmp_path)
        assert Colorizer.from_pretrained(tmp_path, **{option: device}).device.type == "meta"

    def test_no_map_or_an_automatic_one(self, small: Colorizer, tmp_path: Path) -> None:
        small.save_pretrained(tmp_path)
        assert Colorizer.from_pretrained(tmp_path, device_map=None).device.type == "cpu"
        assert Colorizer.from_pretrained(tmp_path, device_map="auto").device.type == fastest_device()

    @pytest.mark.parametrize(
        ("call", "got"),
        [
            (lambda model, image: model(images=[image]), "images="),
            (lambda model, image: model(image), "Image"),
            (lambda model, image: model([image]), "list"),
            (lambda model, _: model("photo.jpg"), "str"),
        ],
    )
    def test_a_call_with_pictures_says_which_was_meant(
        self, small: Colorizer, call: Callable[[Colorizer, Image.Image], object], got: str
    ) -> None:
        with pytest.raises(ValueError, match=rf"takes lightness as a tensor .*, got {got};.* colorizer\.colorize"):
            call(small, Image.new("L", (16, 16)))

    def test_a_call_takes_lightness_by_name(self, small: Colorizer) -> None:
        assert small(lightness=torch.full((1, 1, 32, 32), 50.0)).shape == (1, 2, 32, 32)

    def test_subfolder(self) -> None:
        twin = Colorizer.from_pretrained(DEFAULT_WEIGHTS, subfolder="twin")
        assert twin.name == Colorizer.from_pretrained(Path(DEFAULT_WEIGHTS) / "twin").name
        assert twin.name != Colorizer.from_pretrained(DEFAULT_WEIGHTS).name

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"trust_remote_code": True}, "takes no 'trust_remote_code'; it takes device, map_location, device_map, "),
            (
                {"device_map": {"": 0}},
                "device_map must be 'auto' or one device, on which the whole network lies, got {",
            ),
            ({"strict": False}, "takes no 'strict'; it takes .*revision, .*subfolder, network, .*recipe$"),
            ({"dtype": "int8"}, "dtype must be one of float32, float16, bfloat16, float64, got 'int8'"),
            ({"torch_dtype": "auto"}, "dtype must be one of .*, got 'auto'"),
            ({"device": "cuda:99"}, "device must be one of this machine's .*, got 'cuda:99'"),
            ({"map_location": "nonsense"}, "device must be one of this machine's .*, got 'nonsense'"),
            ({"subfolder": "triplet"}, "has no subfolder 'triplet'"),
        ],
    )
    def test_what_does_not_work_is_named(self, options: dict, words: str) -> None:
        with pytest.raises(ValueError, match=words) as caught:
            Colorizer.from_pretrained(DEFAULT_WEIGHTS, **options)
        assert "config.json" not in str(caught.value)


class TestPrecision:
    """The network computes in the weights' type, whatever it is; what is around it stays float32."""

    @pytest.mark.parametrize(
        ("dtype", "most"), [(torch.float16, 0.2), (torch.bfloat16, 1.5), (torch.float64, 0.01)], ids=str
    )
    def test_of_the_bundled_model(self, bundled: Colorizer, dtype: torch.dtype, most: float) -> None:
        model, image = Colorizer.from_pretrained(DEFAULT_WEIGHTS, dtype=dtype), photo(2, (150, 100))
        assert chroma_distance(model.colorize(image), bundled.colorize(image)) < most
        pairs = zip(*(one.colorize(image, variants=2, seed=3) for one in (model, bundled)), strict=True)
        assert all(chroma_distance(one, other) < 2 * most for one, other in pairs)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
    @pytest.mark.parametrize("network", sorted(GENERATORS))
    def test_of_every_network(self, network: str, dtype: torch.dtype) -> None:
        colorizer = Colorizer(network=network, options=NARROW.get(network, {}), view_size=64).to(dtype)
        assert colorizer.colorize(photo(size=(70, 50))).size == (70, 50)
        assert colorizer(torch.full((1, 1, 40, 50), 50.0)).dtype == torch.float32

    def test_numbers_that_are_none_are_told(self, small: Colorizer) -> None:
        with torch.no_grad():
            small.generator.encoder[1][1].running_var.fill_(-1)
        with pytest.raises(ValueError, match=r"this DropoutUNet gives numbers that are not finite: .* torch\.float32"):
            small.colorize(photo(size=(40, 40)))


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
