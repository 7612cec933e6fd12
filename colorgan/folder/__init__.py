"""Many photos, file to file. `plan` knows no torch, so that refusals come at once; `pipeline` does the work."""


def describe_error(error: BaseException) -> str:
    """An error in one line, for people."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror + (f": {str(error.filename)!r}" if error.filename is not None else "")
    text = next(iter(str(error).splitlines()), "")
    return text if text and isinstance(error, (ValueError, OSError)) else f"{type(error).__name__}: {text}"
