"""What films are read from and written as: endings, containers, codecs. Light: knows neither PyAV nor torch."""

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

DEFAULT_CODEC = "h264"
DEFAULT_CRF = 16  # of H.264: hardly to be told from its source
# Endings, in lower case, of files that are taken for films in a folder. `.gif` and `.webp` are photos' endings.
READ = frozenset({
    ".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".divx", ".mpg", ".mpeg", ".m2v", ".vob", ".ts", ".m2ts",
    ".mts", ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2", ".ogv", ".mxf", ".dv", ".y4m", ".nut",
})  # fmt: skip
# Endings that films are written under, and FFmpeg's names of their containers.
CONTAINERS = MappingProxyType(
    {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi"}
)


@dataclass(frozen=True)
class Codec:
    """How frames are packed.

    encoder: FFmpeg's name. pixels: its name of how a pixel is stored; `odd_pixels` where a side is odd.
    crf: constant rate factor by default, 0 is the best; None for a lossless codec, which has none.
    endings: of the files that hold it; the first is taken where the source's own is not among them.
    segment_frames: so many frames are packed by themselves, and a resumed run goes on after the last whole such part.
    """

    encoder: str
    pixels: str
    odd_pixels: str
    crf: int | None
    most_crf: int
    endings: tuple[str, ...]
    segment_frames: int
    options: dict[str, str] = field(default_factory=dict)

    @property
    def lossless(self) -> bool:
        """Whether the frames come back to the bit, as RGB."""
        return self.crf is None


_USUAL = (".mp4", ".m4v", ".mov", ".mkv")
# A fifth to a third of the time of x264's usual preset. It looks few frames ahead, each of which takes memory, and
# would spare more of colours than of luma, which the offset takes back. With mbtree equal frames give other packets now
# and then (findings/x264-not-twice-the-same.sh): a resumed film would not be that of an unbroken run. Without parts of
# blocks that move by themselves a quarter of the preset's time is saved, for 2 to 3 % of size (docs/log.md). PyAV's own
# way to more threads, slices of a frame, makes larger files; how many threads there are shows in them.
_X264 = {
    "preset": "veryfast",
    "partitions": "i8x8,i4x4",
    "chromaoffset": "-3",
    "mbtree": "0",
    "rc-lookahead": "5",
    "thread_type": "frame",
    "threads": "4",
}
# 250 frames are what x264 and x265 put between key frames anyway: so the parts cost nothing.
CODECS = MappingProxyType(
    {
        "h264": Codec("libx264", "yuv420p", "yuv444p", DEFAULT_CRF, 51, _USUAL, 250, _X264),
        "hevc": Codec(
            "libx265", "yuv420p", "yuv444p", 18, 51, _USUAL, 250, {"x265-params": "log-level=none", "tag": "hvc1"}
        ),
        "vp9": Codec(
            "libvpx-vp9", "yuv420p", "yuv420p", 20, 63, (".webm", ".mkv", ".mp4"), 250,
            {"b": "0", "deadline": "good", "cpu-used": "3", "row-mt": "1"},
        ),
        "ffv1": Codec(
            "ffv1", "bgr0", "bgr0", None, 0, (".mkv", ".mov", ".avi"), 50, {"level": "3", "slicecrc": "1", "g": "1"}
        ),
    }
)  # fmt: skip


def is_film(path: Path) -> bool:
    """Whether a file's name is a film's."""
    return path.suffix.lower() in READ


def parts_of(output: Path) -> Path:
    """The folder that holds what is done of a film to be, until all is."""
    return output.with_name(output.name + ".parts")


def film_ending(source: Path, codec: str) -> str:
    """The ending that the film of `source` gets by default: its own, if that can hold the codec."""
    endings = CODECS[codec].endings
    return source.suffix if source.suffix.lower() in endings else endings[0]


def check_film_output(output: Path, codec: str) -> None:
    """Refuse a film's name that the codec cannot be written under; ValueError, one line."""
    endings = CODECS[codec].endings
    if output.suffix.lower() not in endings:
        raise ValueError(f"cannot write {codec} as {output.suffix!r}: use one of {', '.join(endings)}")


def check_codec(codec: str, crf: int | None) -> None:
    """Refuse a codec that there is not, and a quality that it has not; ValueError, one line."""
    if codec not in CODECS:
        raise ValueError(f"codec must be one of {', '.join(CODECS)}, got {codec!r}")
    chosen = CODECS[codec]
    if crf is not None and chosen.lossless:
        raise ValueError(f"{codec} is lossless and takes no crf, got {crf}")
    if crf is not None and not 0 <= crf <= chosen.most_crf:
        raise ValueError(f"crf must be from 0 to {chosen.most_crf} for {codec}, got {crf}")
