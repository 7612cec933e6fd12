"""A photo's file as text, as JSON carries it."""

import base64
import binascii


def inline_file(sent: str, most_mib: int, name: str) -> bytes:
    """The bytes of a file from its base64, or from a data: URL with that.

    Raises ValueError, one line that begins with `name`: no base64, or a file of more than `most_mib` MiB.
    """
    text = sent.rpartition("base64,")[2]
    if len(text) > most_mib * 2**20 * 4 // 3 + 4:
        raise ValueError(f"{name} must be a photo's file of at most {most_mib} MiB")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{name} must be the base64 of a photo's file: {error}") from error
