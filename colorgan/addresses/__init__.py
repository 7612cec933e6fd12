"""Folders at addresses: listed, read, written to whole or not at all. Whatever fsspec opens, and the disk, by one door.

root.py      a folder, by its file system
hub_root.py  one in a bucket or a repository of the Hugging Face Hub, which counts requests
opening.py   an address or a path -> the folder there
"""

from colorgan.addresses.hub_root import HubRoot
from colorgan.addresses.opening import opened
from colorgan.addresses.root import PATTERN, LocalRoot, Root, joined

__all__ = ["PATTERN", "HubRoot", "LocalRoot", "Root", "joined", "opened"]
