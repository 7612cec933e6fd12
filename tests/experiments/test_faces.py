"""Skin is measured where faces are, and told apart by its lightness."""

import numpy as np
import pytest
import skimage.data
import torch

pytest.importorskip("cv2", reason="faces are found by OpenCV, of the extra 'film'")

from faces import Face, Skin, differences, find_faces, may_be_skin, sheet, skin_of, table
from PIL import Image

from colorgan.images import to_tensor

ASTRONAUT = Image.fromarray(skimage.data.astronaut())


def face(lightness: float, hue: float, chroma: float, made_hue: float) -> Face:
    """A face whose skin one model gives another hue."""
    angles = np.radians([hue, made_hue])
    truth, made = (Skin(lightness, chroma * np.cos(angle), chroma * np.sin(angle)) for angle in angles)
    return Face(truth, (made,), (Image.new("RGB", (128, 128)),) * 3)


def test_a_face_is_found_and_its_skin_is_skin() -> None:
    [box] = find_faces(np.asarray(ASTRONAUT.convert("L")))
    left, top, width, height = box
    assert left < 225 < left + width and top < 115 < top + height, "where her nose is"
    skin = skin_of(to_tensor(ASTRONAUT), box)
    assert may_be_skin(skin) and 55 < skin.lightness < 80


@pytest.mark.parametrize("rgb", [(128, 128, 128), (40, 90, 160), (60, 140, 60), (255, 0, 0)])
def test_walls_are_no_skin(rgb: tuple[int, int, int]) -> None:
    wall = torch.tensor(rgb, dtype=torch.uint8)[:, None, None].expand(3, 40, 40)
    assert not may_be_skin(skin_of(wall, (0, 0, 40, 40)))


def test_differences_have_a_sign_and_go_round_the_circle() -> None:
    turn, chroma, distance = differences(face(50, 175, 20, -175), 0)
    assert turn == pytest.approx(10) and chroma == pytest.approx(0, abs=1e-6)
    assert distance == pytest.approx(2 * 20 * np.sin(np.radians(5)))


def test_the_table_has_thirds_by_lightness_and_the_sheet_all_pictures() -> None:
    faces = [face(lightness, 50, 20, 50 + lightness / 10) for lightness in (80, 20, 50, 30, 70, 40)]
    rows = table(faces, ["M"]).splitlines()[2:]
    assert [row.split(" | ")[1:3] for row in rows] == [["2", "25"], ["2", "45"], ["2", "75"]]
    assert [row.split(" | ")[5].split()[0] for row in rows] == ["+2.5", "+4.5", "+7.5"]
    assert sheet(faces).size == (6 * 128, 3 * 128)
