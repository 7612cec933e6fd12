"""What data sets are called: the ones with a short name here, and what of a name may be shown to strangers."""

from pathlib import Path

# name here -> (id on the Hub, licence). The Hub's cards of these leave the licence out or differ from the origin's.
KNOWN = {
    "lsun-bedroom": ("pcuenq/lsun-bedrooms", "LSUN's own terms: research use"),
    "stanford-dogs": ("maurice-fp/stanford-dogs", "Stanford Dogs / ImageNet: research use"),
    "flowers-102": ("Donghyun99/Oxford-Flower-102", "Oxford Flowers-102: research use"),
}


def is_local(name: str) -> bool:
    """Whether a data set's name is a path of some machine, which means nothing to anyone else."""
    return name.startswith(("/", ".", "~")) or "\\" in name or name.count("/") > 1 or Path(name).exists()


def public_name(name: str) -> str:
    """A data set's name as strangers may see it: of a path, its last part."""
    return Path(name.replace("\\", "/")).name if is_local(name) else name
