"""The card of every model, from its configuration and its record: complete, true, and without a hole in it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cases.hub import HOLES
from huggingface_hub import ModelCard

from colorgan import Colorizer
from colorgan.card import CardEvaluation, CardFacts, CardHead, CardMetric
from colorgan.card.design import NETWORKS
from colorgan.card.papers import DISCRIMINATORS, papers
from colorgan.card.papers import NETWORKS as CITED
from colorgan.data.names import is_local, public_name
from colorgan.metrics.table import BY_KEY
from colorgan.networks import GENERATORS
from colorgan.recipes import RECIPES, Phase

ROOT = Path(__file__).parents[2]


def card(**facts: Any) -> ModelCard:
    """A small model's card, as the Hub reads it: front matter, then text."""
    model = Colorizer("LabUNet", {"units": 2, "width": 4}, recipe="unet-l2")
    return ModelCard(model.generate_model_card(facts=CardFacts(**facts), repo_id="tester/model").content)


def test_without_a_record_the_card_claims_nothing(tmp_path: Path) -> None:
    model = Colorizer("LabUNet", {"units": 2, "width": 4}, recipe="unet-l2")
    model.save_pretrained(tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    assert card.content == model.generate_model_card().content
    assert "named after the recipe `unet-l2`; what trained it is not on record." in card.text
    assert "What it was trained on is not on record here." in card.text
    assert "No evaluation of it is on record here." in card.text
    assert "optimiser" not in card.text and "budget" not in card.text
    assert "datasets" not in card.data.to_dict() and "model-index" not in card.data.to_dict()
    unknown = Colorizer("LabUNet", {"units": 2, "width": 4}).generate_model_card().content
    assert "what trained it is not on record" in unknown and not HOLES.search(unknown.replace("| | |", ""))


def test_notes_take_the_place_of_what_is_not_on_record() -> None:
    notes = card(notes="A mean of two.", metadata={"pretty_name": "twice", "license": "cc-by-4.0"})
    assert "## About these weights\n\nA mean of two.\n\n## Limits" in notes.text
    assert "`unet-l2`; what trained it is told below." in notes.text
    assert "not on record" not in notes.text and "# twice" in notes.text
    assert "published under cc-by-4.0." in notes.text
    assert (notes.data.to_dict()["pretty_name"], notes.data.license) == ("twice", "cc-by-4.0")
    both = card(notes="A remark.", recipe=RECIPES["unet-l2"])
    assert "A remark." in both.text and "## Training\n" in both.text and "## Results" not in both.text


def test_metrics_are_named_as_everywhere() -> None:
    metrics = (CardMetric("psnr", 23.456, 22.9, 24.02), CardMetric("chroma_ratio", 0.8))
    found = card(evaluation=CardEvaluation("On photos.", ("flowers-102",), "test", "abc123", metrics))
    assert f"| {BY_KEY['psnr'].title} ↑ | 23.46 | 22.90 to 24.02 |" in found.text
    assert f"| {BY_KEY['chroma_ratio'].title} | 80 % | – |" in found.text
    assert found.data.to_dict()["metrics"] == ["psnr", "chroma_ratio"]


def test_a_recipe_in_rows() -> None:
    phases = (Phase((96, 112), 32, share=0.7), Phase((160,), 20, share=0.3))
    data = replace(RECIPES["flagship"].data, film=0.3, aging=0.6, phases=phases)
    text = card(recipe=replace(RECIPES["flagship"], data=data, ema=0.9)).text
    for row in (
        "| photos | 70% at 96/112 pixels squared, in batches of 32; 30% at 160 pixels squared, in batches of 20 |",
        "| gray inputs | 30% seen as by old film; 60% faded, toned, grained or scratched |",
        "| weights | the training's average, decay 0.9 |",
        "trained by a variant of the recipe `flagship`",
    ):
        assert row in text, row


def test_an_altered_recipe_is_not_passed_off_as_the_named_one() -> None:
    named = RECIPES["wgan-bedroom"]
    other_photos = replace(named, data=replace(named.data, dataset=("someone/photos",), max_photos=0))
    for recipe, words in (
        (other_photos, "trained by the recipe `wgan-bedroom`"),
        (replace(named, train_images=5), "trained by a variant of the recipe `wgan-bedroom`"),
    ):
        text = card(recipe=recipe).text
        assert words in text
        assert "5 steps of the critic to one of the generator; the critic's weights clipped to 0.01" in text


def test_words_are_told_with_what_they_were_trained_on() -> None:
    """Which trained model they start from is no part of the recipe; their options are readable in a row."""
    named = RECIPES["flagship-words"]
    facts = CardFacts(recipe=replace(named, initial_weights=("runs/flagship/model",)))
    options = {"encoder": "lite0", "widths": [8] * 4, "words": {"count": 12, "width": 24, "painter": 8}}
    text = Colorizer("LiteUNet", options, recipe=named.name).generate_model_card(facts=facts).text
    assert "trained by the recipe `flagship-words`" in text
    assert "| starts from | a trained model, of which all but words and painter stays as it is |" in text
    assert "widths 8, 8, 8, 8; words (count 12, width 24, painter 8) |" in text
    assert "MaskGIT" in text and "UniColor" in text


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_cites_what_it_stands_on(name: str) -> None:
    recipe = RECIPES[name]
    cited = " ".join(papers(recipe.generator.name, recipe))
    game = {
        "none": "",
        "log": "Generative Adversarial Nets",
        "wasserstein": "Wasserstein GAN",
        "hinge": "Geometric GAN",
    }
    assert game[recipe.objective.adversarial] in cited
    assert len(set(re.findall(r"arXiv [\d.]+", cited))) >= 2
    altered = replace(recipe, objective=replace(recipe.objective, gradient_penalty=10.0))
    assert any("Improved Training of Wasserstein GANs" in one for one in papers("LabUNet", altered))


def test_every_network_has_its_words_and_papers() -> None:
    assert NETWORKS.keys() == GENERATORS.keys() == CITED.keys()
    assert {one.discriminator.name for one in RECIPES.values() if one.discriminator} <= DISCRIMINATORS.keys()


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("user/set", False),
        ("flowers-102", False),
        ("/home/me/set", True),
        ("../set", True),
        ("a/b/c", True),
        ("C:\\a", True),
    ],
)
def test_what_is_a_place_of_this_machine(name: str, local: bool) -> None:
    assert is_local(name) is local
    assert "/" not in public_name(name) or not local


@pytest.mark.parametrize(
    ("front", "name", "licence"),
    [
        ("license: mit\npretty_name: ours", "ours", "mit"),
        ("license:\n- mit\n- cc0-1.0", "", "mit, cc0-1.0"),
        ("license: other\nlicense_name: house rules", "", "house rules"),
        ("license: other", "", "other"),
        ("pretty_name: |\n  two\n  lines", "two lines", ""),
        ("tags: [gan]", "", ""),
        ("- a list", "", ""),
        ("license: [unclosed", "", ""),
    ],
)
def test_what_a_card_states(front: str, name: str, licence: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n# A model\n")
    assert CardHead.read(tmp_path / "README.md") == CardHead(name, licence)


def test_without_a_card_nothing_is_stated(tmp_path: Path) -> None:
    assert CardHead.read(tmp_path / "README.md") == CardHead.read(None) == CardHead()
    (tmp_path / "README.md").write_text("No front matter.")
    assert CardHead.read(tmp_path / "README.md") == CardHead()
