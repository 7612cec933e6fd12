"""What lies among photos and is none: folders that storage devices, systems and programs keep, and hidden files."""

from pathlib import PurePath

# Beside those whose names begin with a dot. Those of thumbnails (Synology, QNAP, the desktops of Linux, GIMP) hold up
# to five pictures for each photo.
THUMBNAILS = frozenset({"@eadir", ".@__thumb", "@__thumb", ".thumbnails", ".thumbs", ".xvpics", ".sh_thumbnails"})
_OTHERS = frozenset({
    *("#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@tmp", "@sharebin", "@sharesnap", "@synoresource"),
    *("$recycle.bin", "recycler", "system volume information", "lost+found", "network trash folder"),
    *("temporary items", "__macosx", "ipod photo cache"),
})  # fmt: skip


def is_no_album(folder: str) -> bool:
    """Whether a folder of this name is passed over, with all that is in it."""
    return folder[0] == "." or folder.lower() in THUMBNAILS | _OTHERS


def is_clutter(below: PurePath) -> bool:
    """Whether a file, by its path in a folder of photos, is hidden or in a folder that is passed over."""
    return below.name[0] == "." or any(map(is_no_album, below.parts[:-1]))
