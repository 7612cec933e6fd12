"""A session's pictures on the screen: JPEGs of an open photo as it is set now, of drawings, and for a pointer."""

import io

from PIL import Image

from colorgan.photo.fitting import fit
from colorgan.web.history import Told
from colorgan.web.items import Choice, ColouredPhoto, DecodedPhoto
from colorgan.web.session_files import SessionFiles, opened

QUICK_EDGE = 1280  # pixels of the longer side of what is shown at once; the full size follows
THUMBNAIL_EDGE = 320


class Screen:
    """Paints photos, small ones, into a session's files; no network runs for it."""

    def __init__(self, files: SessionFiles):
        self.files = files
        self._quick: tuple[DecodedPhoto, dict[int, Image.Image]] | None = None  # by edge

    def rest(self) -> None:
        """Hold no pixels."""
        self._quick = None

    def paint(self, photo: ColouredPhoto) -> None:
        """Show a photo as it is set now, at the quick size: pure painting."""
        photo.shown = self.files.show(photo.picture(self._screen_image(photo.decoded)), photo.shown)
        self._paint_beside(photo, self._screen_image(photo.decoded))
        photo.sharp = max(photo.decoded.size) <= QUICK_EDGE
        if len(photo.thumbnails) != len(photo.choices) and not photo.retouch:
            self.draw_thumbnails(photo)

    def put_beside(self, photo: ColouredPhoto, choice: Choice | None) -> None:
        """Show another colorization beside the picture, at the same size; or none."""
        photo.beside = choice
        self._paint_beside(photo, self._screen_image(photo.decoded))

    def _paint_beside(self, photo: ColouredPhoto, image: Image.Image) -> None:
        former, photo.beside_shown = photo.beside_shown, None
        if photo.beside:
            photo.beside_shown = self.files.show(photo.beside.picture(image, photo.vividness))
        if former:
            self.files.retire_thumbnails([former])

    def preview(self, photo: ColouredPhoto, told: Told, edge: int) -> bytes:
        """A JPEG of what the picture would be if that were said, its longer side `edge` pixels at the most."""
        assert photo.retouch
        image = self._screen_image(photo.decoded, min(max(edge, THUMBNAIL_EDGE), QUICK_EDGE))
        picture, jpeg = photo.retouch.prediction(told).picture(image, 0, photo.vividness), io.BytesIO()
        picture.save(jpeg, "JPEG", quality=90, subsampling=0)
        return jpeg.getvalue()

    def draw(self, photo: ColouredPhoto) -> bool:
        """Make the drawings to choose from; False if something else was said meanwhile."""
        assert photo.retouch
        small, pictures = self._screen_image(photo.decoded, THUMBNAIL_EDGE), []
        tiles, vividness = photo.retouch.tiles(), photo.vividness
        for tile in tiles:
            pictures.append(photo.retouch.prediction(tile).picture(small, 0, vividness))
            if (photo.retouch.tiles(), photo.vividness) != (tiles, vividness):
                return False
        self.files.retire_thumbnails(photo.thumbnails)
        photo.thumbnails = [self.files.show(picture) for picture in pictures]
        photo.drawn = tiles, vividness
        return True

    def show_sharp(self, photo: ColouredPhoto, image: Image.Image, picture: Image.Image) -> None:
        """Show a photo, and its picture, at the size of these."""
        decoded = photo.decoded
        if decoded.shown_size != image.size:
            decoded.shown, decoded.shown_size = self.files.show(image, decoded.shown), image.size
        photo.shown, photo.sharp = self.files.show(picture, photo.shown), True
        self._paint_beside(photo, image)
        if not photo.retouch:
            self.draw_thumbnails(photo)

    def draw_thumbnails(self, photo: ColouredPhoto) -> None:
        """Show all of a photo's colorizations, small."""
        small = opened(photo.decoded.shown, THUMBNAIL_EDGE)
        self.files.retire_thumbnails(photo.thumbnails)
        photo.thumbnails = [self.files.show(choice.picture(small, photo.vividness)) for choice in photo.choices]

    def _screen_image(self, decoded: DecodedPhoto, edge: int = QUICK_EDGE) -> Image.Image:
        """The photo as it is shown at once, or smaller; the last one is held, since it is painted with every change."""
        held = self._quick
        if held is None or held[0] is not decoded:
            held = self._quick = (decoded, {QUICK_EDGE: opened(decoded.shown, QUICK_EDGE)})
        image = held[1].get(edge)
        if image is None:
            image = fit(held[1][QUICK_EDGE], edge, reducing_gap=2.0)
            # Those of the drawings and of one magnification are enough.
            others = {key: one for key, one in held[1].items() if key in (QUICK_EDGE, THUMBNAIL_EDGE)}
            self._quick = (decoded, {**others, edge: image})
        return image
