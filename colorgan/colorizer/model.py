"""`Colorizer`: the model people load. A PIL image in, the same image in colour out, under its own lightness."""

import copy
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

import numpy as np
import torch
from huggingface_hub import PyTorchModelHubMixin
from huggingface_hub.constants import CONFIG_NAME, REPOCARD_NAME, SAFETENSORS_SINGLE_FILE
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional

from colorgan.borders import Border, find_border
from colorgan.card import CardHead
from colorgan.color import CHROMA_SCALE, bytes_to_lightness, denormalize_lightness, normalize_lightness, rgb_to_lab
from colorgan.colorizer.loading import (
    HUB_OPTIONS,
    build_generator,
    check_call,
    check_config,
    check_config_file,
    check_finite,
    check_options,
    check_same_tensors,
    known_dtype,
    named_device,
)
from colorgan.colorizer.prediction import NO_WORDS, Prediction, check_daring, check_vividness
from colorgan.colorizer.reference import Reference, References, check_reference
from colorgan.colorizer.repainting import Memory, Repainting
from colorgan.colorizer.taking import ONE, TOOK, How, HowOne, PhotoLike, check_count, taken
from colorgan.files import write_whole
from colorgan.hints import Hint
from colorgan.hub.fetching import HUB_ERRORS, commit_of, fetched, fetched_file, first_fetched, hub_reason
from colorgan.kernels import exact
from colorgan.limits import MAX_HINTS
from colorgan.machine import to_device
from colorgan.networks.word_head import WordHead
from colorgan.photo import photo_from_image
from colorgan.upsampling import LEVELS, apply_lines, fit_lines, smooth_within_edges

if TYPE_CHECKING:
    from huggingface_hub import ModelCard

    from colorgan.card import CardFacts

ONE_BY_ONE = "hints are of one photo: colorize the photos one by one, each with its own"
REDUCING_GAP = 3.0  # of a photo larger than its view by more than this, means of whole pixels are resized
LARGE_MULTIPLE = 64  # of pixels a network wants its input padded to


class Colorizer(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="colorgan",
    pipeline_tag="image-to-image",
    license="apache-2.0",
    tags=["image-colorization", "gan"],
):
    """A generator and what is needed to use it on photographs.

    Args:
        network: class name of the generator, one of `networks.GENERATORS`.
        options: its hyper-parameters.
        view_size: the photo is shown to the network at about this many pixels squared.
        gain: chroma scale that vividness 1 stands for; makes a cautious regression as vivid as real photos are.
        variant_strength: how far a variant tilts the colours' log-probabilities towards its hues, in nats.
        smoothing: how far a coarse network's colours even out within the edges of lightness, in levels of
            `upsampling.smooth_within_edges`; each doubles the reach, 0 leaves the colours alone.
        recipe: name of the recipe that they go by. Whether it alone made them is for the card to say.
    """

    def __init__(
        self,
        network: str = "LiteUNet",
        options: dict[str, Any] | None = None,
        view_size: int = 256,
        gain: float = 1.0,
        variant_strength: float = 1.4,
        smoothing: int = LEVELS,
        recipe: str = "",
    ):
        super().__init__()
        check_config(view_size, gain, variant_strength, smoothing, recipe)
        self.generator = build_generator(network, options)
        self.view_size = view_size
        self.gain = gain
        self.variant_strength = variant_strength
        self.smoothing = smoothing
        self.recipe = recipe
        self.card_head = CardHead()
        self.eval()

    @property
    def name(self) -> str:
        """What to call this model in pages and metadata: as its card does, or else by its recipe."""
        return self.card_head.name or self.recipe or type(self.generator).__name__

    @property
    def license(self) -> str:
        """The licence of the weights, as the card that came with them states it; empty where none does."""
        return self.card_head.license

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """What the weights are kept and the network computes in; everything around it is float32."""
        return next(self.parameters()).dtype

    @property
    def can_vary(self) -> bool:
        """Whether the network gives a choice of colours, from which variants are drawn."""
        return self.takes_hints or (
            hasattr(self.generator, "sample") and getattr(self.generator, "distribution", self) is not None
        )

    @property
    def takes_hints(self) -> bool:
        """Whether the network has colour words: takes hints, and draws whole pictures."""
        return getattr(self.generator, "words", None) is not None

    @property
    def longest_fits(self) -> bool:
        """Whether a photo's longer side is shown at `view_size`, and not as many pixels as its square has."""
        multiple: int = self.generator.size_multiple
        return multiple > LARGE_MULTIPLE

    def set_gain(self, gain: float) -> None:
        """Change the chroma scale that vividness 1 stands for, in the config that goes with the weights as well."""
        config: dict[str, Any] = self._hub_mixin_config  # type: ignore[assignment]
        self.gain = config["gain"] = gain

    def __call__(self, *given: Any, **named: Any) -> Any:
        """`forward`; pictures are for `colorize`, as a ValueError says."""
        check_call(given, named)
        return super().__call__(*given, **named)

    def forward(self, lightness: Tensor) -> Tensor:
        """L (N, 1, H, W) in [0, 100] -> ab (N, 2, H, W), any H and W; not yet fitted into sRGB."""
        if lightness.ndim != 4 or lightness.shape[1] != 1:
            raise ValueError(f"lightness must be (N, 1, H, W), got {tuple(lightness.shape)}")
        size = self.view_shape(*lightness.shape[2:])
        view = functional.interpolate(lightness.float(), size, mode="bilinear", antialias=True)
        return apply_lines(fit_lines(view, self._predict_pictures(view)), lightness)

    @overload
    def colorize(self, image: PhotoLike, *, variants: None = None, **how: Unpack[HowOne]) -> Image.Image: ...  # type: ignore[overload-overlap]
    @overload
    def colorize(self, image: PhotoLike, *, variants: int, **how: Unpack[HowOne]) -> list[Image.Image]: ...  # type: ignore[overload-overlap]
    @overload
    def colorize(
        self, image: Iterable[PhotoLike], *, variants: None = None, **how: Unpack[How]
    ) -> list[Image.Image]: ...
    @overload
    def colorize(self, image: Iterable[PhotoLike], *, variants: int, **how: Unpack[How]) -> list[list[Image.Image]]: ...

    def colorize(  # type: ignore[no-untyped-def]
        self, image, *, variants=None, seed=0, vividness=1.0, batch_size=8, hints=(), daring=None, reference=None
    ):
        """Give an image, or several, their colours.

        Args:
            image: a PIL image of any mode and size (at least 8 x 8), the path or the bytes of an image file, or a numpy
                array (`photo.photo_from_array`); or an iterable of these, of mixed kinds and sizes.
            variants: None for the picture; a number for a list of that many plausible colorizations.
            seed: fixes what is drawn: same seed, same machine, same colours. The plain picture has nothing random.
            vividness: chroma scale; 0 is gray, 1 as predicted, at most `limits.MAX_VIVIDNESS`.
            batch_size: how many images are held, and go through the network together unless it has colour words: what
                these draw would hang on a photo's company.
            hints: what colour it was, for one image: `Hint(x, y, "#7a1f2b")` in pixels of the upright image. They hold
                in the picture and in each variant.
            daring: from 0, the mean of what is likely, to 1, one drawing of it; without it the picture is the first
                and variants are the other.
            reference: a photo in colour of a like thing: what is surely alike takes its colours from it.

        Returns:
            RGB images (RGBA where the input has alpha) of the input's size, upright; a list for several images,
            and for each image a list when `variants` is a number. `picture.info["took"]` says what the image was taken
            for, and what of it was lost: "a numpy array of uint16, 480 x 640; 16-bit gray became 8-bit".

        Raises:
            ValueError: a bad argument, an image that cannot be a photo, or a model in training mode; the message says
                what is accepted.
        """
        check_vividness(vividness)
        if variants is not None:
            check_count("variants", variants)
        check_count("batch_size", batch_size)
        if reference is not None and not isinstance(reference, Reference):
            reference = taken(reference)[0].image
            check_reference(reference)
        how = {"seed": seed, "daring": daring, "reference": reference}
        if isinstance(image, ONE):
            return self._colorize([image], variants, vividness, hints=hints, **how)[0]
        if hints:
            raise ValueError(ONE_BY_ONE)
        if isinstance(image, Tensor) or not isinstance(image, Iterable):
            image = [image]  # to be refused by its name
        images, results = list(image), []
        for start in range(0, len(images), batch_size):
            results += self._colorize(images[start : start + batch_size], variants, vividness, **how)
        return results

    def _colorize(self, images: list[Any], variants: int | None, vividness: float, **how: Any) -> list[Any]:
        photos, words = zip(*map(taken, images), strict=True)
        predictions = self.predict([photo.image for photo in photos], variants=variants or 0, **how)
        results: list[Any] = []
        for photo, took, prediction in zip(photos, words, predictions, strict=True):
            wanted = [0] if variants is None else range(1, variants + 1)
            pictures = [prediction.picture(photo.image, variant, vividness) for variant in wanted]
            for picture in pictures:
                if photo.alpha is not None:
                    picture.putalpha(photo.alpha)
                picture.info[TOOK] = took
            results.append(pictures[0] if variants is None else pictures)
        return results

    @torch.inference_mode()
    def predict(
        self,
        images: Sequence[Image.Image],
        *,
        variants: int = 0,
        seed: int = 0,
        hints: Sequence[Hint] = (),
        daring: float | None = None,
        reference: Image.Image | Reference | References | None = None,
    ) -> list[Prediction]:
        """Run the network on upright images ("L" or "RGB"): colours to paint with, at any size and vividness.

        A photo's result does not depend on its company. A flat border round the picture is not shown to the network,
        and stays gray. For hints, daring and reference see `colorize`; a reference that serves several calls need be
        seen only once (`see`).
        """
        if self.training:
            raise ValueError(
                "the model is in training mode, in which pictures change its statistics: call eval() first"
            )
        check_daring(daring)
        check_count("seed", seed, least=-(2**63))
        if hints and len(images) != 1:
            raise ValueError(ONE_BY_ONE)
        if not self.takes_hints:
            if hints or daring or reference is not None:
                raise ValueError(NO_WORDS)
            return self._predict_at_once(images, variants, seed)
        source = self.see(reference) if isinstance(reference, Image.Image) else reference
        head, predictions = self._head(), []
        for image in images:
            memory = self._remembered(image)
            prediction = Prediction(memory.around(fit_lines(memory.view, memory.plain)), Repainting(head, memory))
            if hints or variants or daring or source:
                known = [*source.hints_for(memory, MAX_HINTS - len(hints)), *hints] if source else hints
                prediction = prediction.with_hints(known, variants=variants, seed=seed, daring=daring)
            predictions.append(prediction)
        return predictions

    @torch.inference_mode()
    def see(self, reference: Image.Image) -> Reference:
        """A photo in colour as a reference for several photos, seen once."""
        self._check_hintable()
        image = photo_from_image(reference).image
        return Reference.of(image, self._remembered(image))

    def recall(self, lines: Tensor, memory: Memory | None = None, hints: Sequence[Hint] = ()) -> Prediction:
        """A prediction that was made by the same weights in another process, of what was sent of it."""
        return Prediction(lines, None if memory is None else Repainting(self._head(), memory), tuple(hints))

    def _check_hintable(self) -> None:
        if not self.takes_hints:
            raise ValueError(NO_WORDS)

    def _head(self) -> WordHead:
        """The colour words, on the processor: photos are coloured anew there, wherever the network runs."""
        words: WordHead = self.generator.words
        first = next(words.parameters())
        if first.device.type == "cpu" and first.dtype == torch.float32:
            return words
        return copy.deepcopy(words).to("cpu", torch.float32)

    def _remembered(self, image: Image.Image) -> Memory:
        """What is remembered of a photo by a network with colour words.

        Each photo goes alone: in company its last bits would be others, and with them what is drawn.
        """
        view, border = self._seen(image)
        padded = self._padded(view)
        output, look = self.generator.look(padded.to(self.dtype))
        plain = self._to_ab(output, padded, view.shape).cpu()
        return Memory(look.on_processor(), view.cpu(), plain, image.size, border)

    def _predict_at_once(self, images: Sequence[Image.Image], variants: int, seed: int) -> list[Prediction]:
        """Images whose views have one shape go through a network without colour words together."""
        views, borders = zip(*map(self._seen, images), strict=True) if images else ((), ())
        predictions: dict[int, Prediction] = {}
        shapes = [view.shape for view in views]
        for shape in dict.fromkeys(shapes):
            members = [index for index, other in enumerate(shapes) if other == shape]
            batch = torch.cat([views[index] for index in members])
            for index, ab, view in zip(members, self._predict_views(batch, variants, seed), batch, strict=True):
                lines, border = fit_lines(view.expand(len(ab), -1, -1, -1), ab), borders[index]
                predictions[index] = Prediction(lines if border is None else border.around(lines))
        return [predictions[index] for index in range(len(images))]

    def _predict_pictures(self, view: Tensor) -> Tensor:
        """A view's L (N, 1, h, w) -> the picture's ab (N, 2, h, w)."""
        padded = self._padded(view)
        return self._to_ab(self.generator(padded.to(self.dtype)), padded, view.shape)

    def _predict_views(self, view: Tensor, variants: int, seed: int) -> Tensor:
        """A view's L (N, 1, h, w) -> ab (N, 1 + variants, 2, h, w); each photo's draw depends on the seed alone."""
        if not variants:
            return self._predict_pictures(view)[:, None]
        if not self.can_vary:
            raise ValueError(f"{type(self.generator).__name__} makes one picture only: it cannot draw variants")
        drawn = []
        for padded in self._padded(view).split(1):
            seen = padded.to(self.dtype)
            pictures = self.generator.sample(seen, variants, self.variant_strength, _seeded(seed))[0]
            drawn.append(self._to_ab(pictures, padded, view.shape))
        return torch.stack(drawn)

    def _padded(self, view: Tensor) -> Tensor:
        """Repeat the last row and column up to the size the network wants, and normalise."""
        multiple, least = self.generator.size_multiple, self.generator.minimum_size
        height, width = (max(least, math.ceil(side / multiple) * multiple) for side in view.shape[2:])
        padded = functional.pad(view, (0, width - view.shape[3], 0, height - view.shape[2]), mode="replicate")
        return normalize_lightness(padded).contiguous(memory_format=torch.channels_last)

    def _to_ab(self, output: Tensor, padded: Tensor, shape: torch.Size) -> Tensor:
        """What a generator made of the padded, normalised view -> ab (N, 2, h, w) of the view's shape, times the gain.

        A coarse output is evened out within the edges of lightness; a system that predicts every pixel is left alone.
        Raises ValueError where the network's numbers are not finite.
        """
        output = output.float()
        if not output.isfinite().all():
            raise ValueError(
                f"this {type(self.generator).__name__} gives numbers that are not finite: its weights are damaged, or "
                f"too large for {self.dtype}"
            )
        if self.generator.output_space == "rgb":
            output = rgb_to_lab((output + 1) / 2)[1]
        else:
            output = output[:, -2:] * CHROMA_SCALE
        stride = self.generator.output_stride
        if stride > 1:
            lightness = functional.avg_pool2d(denormalize_lightness(padded), stride)
            output = smooth_within_edges(lightness, output, self.smoothing)
            output = functional.interpolate(output, scale_factor=stride, mode="bilinear")
        return output[:, :, : shape[2], : shape[3]] * self.gain

    def _seen(self, image: Image.Image) -> tuple[Tensor, Border | None]:
        """An upright image -> the view's L (1, 1, h, w) in [0, 100], of what is inside its flat border, and this."""
        view = self.view(image)
        border = find_border(view)
        return (view, None) if border is None else (self.view(image, border.inside(image.size)), border)

    def view(self, image: Image.Image, inside: tuple[float, float, float, float] | None = None) -> Tensor:
        """An upright image ("L" or "RGB"), or a rectangle of it (left, top, right, bottom in its pixels) -> what the
        network is shown: L (1, 1, h, w) in [0, 100], on the weights' device."""
        left, top, right, bottom = inside or (0, 0, *image.size)
        height, width = self.view_shape(bottom - top, right - left)
        if inside is None and image.mode in ("L", "RGB"):
            return bytes_to_lightness(exact.resized(image, (width, height), REDUCING_GAP)).to(self.device)
        small = image.resize((width, height), Image.Resampling.BICUBIC, inside, REDUCING_GAP)
        return bytes_to_lightness(torch.tensor(np.asarray(small))).to(self.device)

    def view_shape(self, height: float, width: float) -> tuple[int, int]:
        """The view's size: the photo's proportions, `view_size` squared pixels.

        Networks that want large multiples (a U-Net down to 1 x 1) see the photo with its longer side at
        `view_size`, since padding it to the next multiple would double what they look at.
        """
        scale = self.view_size / (max(height, width) if self.longest_fits else math.sqrt(height * width))
        return max(1, round(height * scale)), max(1, round(width * scale))

    def generate_model_card(self, *, facts: "CardFacts | None" = None, repo_id: str = "") -> "ModelCard":
        """The card that `save_pretrained` and `push_to_hub` write: model_card.md, filled in with what is known.

        Args:
            facts: how the model came to be; without them it is not on record.
            repo_id: "user/model", where it goes.
        """
        from colorgan.card import CardFacts, model_card

        config: dict[str, Any] = self._hub_mixin_config  # type: ignore[assignment]
        parameters = sum(parameter.numel() for parameter in self.parameters())
        return model_card(config, parameters, self._hub_mixin_info.model_card_data, facts or CardFacts(), repo_id)

    def _save_pretrained(self, save_directory: Path) -> None:
        """The weights, readable as their neighbours are: safetensors' own file would be its writer's alone."""
        weights = {name: tensor.contiguous() for name, tensor in self.state_dict().items()}
        write_whole(Path(save_directory) / SAFETENSORS_SINGLE_FILE, save(weights))

    def push_to_hub(self, repo_id: str, **options: Any) -> str:
        """As huggingface_hub's; `publishing.publish` is the one that sends a run's figures and pictures along."""
        card = {"repo_id": repo_id, **(options.pop("model_card_kwargs", None) or {})}
        return super().push_to_hub(repo_id, model_card_kwargs=card, **options)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> "Colorizer":
        """A model from a folder (`DEFAULT_WEIGHTS` is the bundled one) or a Hub id, ready to colorize.

        Args:
            pretrained_model_name_or_path: folder with config.json and model.safetensors, or "user/model".
            options: revision, token, cache_dir, force_download, local_files_only as in huggingface_hub (all files are
                of the one commit that the revision means when it is asked for); subfolder, of the folder or the
                repository; device (or map_location, or device_map, which may be "auto"), the CPU where none is named;
                dtype (or torch_dtype), one of `DTYPES` or its name, float32 where none is named, also for weights of
                half precision; or any argument of `Colorizer` to override.

        Raises:
            ValueError: no such folder, model, option or device, no network, a tensor that is missing, unexpected or
                not finite; the message says which.
        """
        name = str(pretrained_model_name_or_path)
        check_options(options, cls._hub_mixin_init_parameters)
        place = {option: options.pop(option) for option in HUB_OPTIONS if option in options}
        device = named_device(options)
        try:
            if Path(name).is_dir():
                folder = Path(name) / (place.get("subfolder") or "")
                if not folder.is_dir():
                    raise ValueError(f"{name!r} has no subfolder {place['subfolder']!r}")
            else:
                config = first_fetched(name, CONFIG_NAME, **place)
                folder, options["place"] = config.parent, {**place, "revision": commit_of(config)}
            check_config_file(name, folder / CONFIG_NAME, cls._hub_mixin_init_parameters)
            model: Colorizer = super().from_pretrained(folder, called=name, device=device, **options)
        except json.JSONDecodeError as error:
            raise ValueError(f"the config.json of {name!r} is broken: {error}") from error
        except HUB_ERRORS as error:
            reason = hub_reason(error, place.get("token"))
            raise ValueError(
                f"{name!r} is neither a folder with a model nor one that can be fetched from the Hub: {reason}"
            ) from error
        return model

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        called: str = "",
        place: dict[str, Any] | None = None,
        device: str | torch.device = "cpu",
        dtype: str | torch.dtype | None = None,
        torch_dtype: str | torch.dtype | None = None,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        **model_kwargs: Any,
    ) -> "Colorizer":
        """A folder's weights into a new model; every tensor must be there, and no other.

        Args:
            model_id: the folder; all else that the mixin says of it is of no use here.
            called: what the user calls the model.
            place: where on the Hub the rest of the folder is, as options of `fetched`; None for a complete one.
        """
        called = called or model_id
        if "network" not in model_kwargs:
            raise ValueError(f"{called!r} is not a colorgan model: no config.json that names its network")
        if place is not None:
            fetched(called, SAFETENSORS_SINGLE_FILE, **place)
            fetched_file(called, REPOCARD_NAME, **place)
        path = Path(model_id) / SAFETENSORS_SINGLE_FILE
        try:
            model, weights = cls(**model_kwargs), load_file(path)
        except SafetensorError as error:
            raise ValueError(f"{path} is not a readable safetensors file: {error}") from error
        except TypeError as error:
            raise ValueError(f"{called!r} has a config.json this version cannot use: {error}") from error
        check_same_tensors(called, weights, model.state_dict())
        check_finite(called, weights)
        model.card_head = CardHead.read(Path(model_id) / REPOCARD_NAME)
        model.load_state_dict(weights)  # copies, so half precision on disk becomes float32 here
        model = to_device(model.to(known_dtype(dtype or torch_dtype)), device)
        return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
