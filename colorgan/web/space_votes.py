"""A Space's votes on a volume: a private bucket that outlasts the Space's restarts, mounted as a folder."""

import secrets

from huggingface_hub import HfApi, Volume, __version__

from colorgan.files import one_line
from colorgan.hub.storage import BUCKET, Storage, errors_in_one_line
from colorgan.voting.backup import VARIABLE
from colorgan.voting.privacy import SECRET_VARIABLE

MOUNT = "/data"  # where the Hub's own pages mount a Space's first bucket
_FOLDER = f"{MOUNT}/colorgan-votes"


def keep_votes(space_id: str, bucket: str, *, private: bool = False) -> None:
    """See to it that the study of a Space keeps its votes in a bucket, which is mounted as a folder.

    The Space and the bucket are made if they are not there. The Space gets the variable that names the folder, and,
    unless it has one, the secret by which the study knows who has voted. Other volumes stay.

    Args:
        space_id: "user/space".
        bucket: "user/bucket".
        private: for a new Space.

    Raises:
        ValueError: it cannot be done; one line.
    """
    if not hasattr(HfApi, "set_space_volumes"):
        raise ValueError(f"volumes need a newer huggingface_hub than {__version__}: pip install -U huggingface_hub")
    try:
        with errors_in_one_line():
            _keep_votes(space_id, bucket, private)
    except OSError as error:
        raise ValueError(f"cannot mount {bucket!r} in {space_id!r}: {one_line(error)}") from error


def _keep_votes(space_id: str, bucket: str, private: bool) -> None:
    api, storage = HfApi(), Storage(BUCKET, bucket)
    storage.make()
    if not storage.is_private():
        raise OSError("the bucket is public, and votes tell which picture was the computer's: make it private")
    api.create_repo(space_id, repo_type="space", space_sdk="gradio", private=private or None, exist_ok=True)
    mounted = api.get_space_runtime(space_id).volumes or []
    there = next((volume for volume in mounted if volume.mount_path == MOUNT), None)
    if there and (there.type, there.source, there.read_only or False, there.path) != (BUCKET, bucket, False, None):
        raise OSError(f"{there.type} {there.source!r} is mounted at {MOUNT} already")
    if not there:
        volume = Volume(type=BUCKET, source=bucket, mount_path=MOUNT)
        api.set_space_volumes(space_id, [*mounted, volume])
    api.add_space_variable(space_id, VARIABLE, _FOLDER)
    if SECRET_VARIABLE not in api.get_space_secrets(space_id):  # with a new one, who voted before could vote again
        api.add_space_secret(space_id, SECRET_VARIABLE, secrets.token_urlsafe(48))
