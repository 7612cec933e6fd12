"""Generators and discriminators: one class per network, hyper-parameters in `__init__`."""

from torch import nn

from colorgan.networks.generators import DropoutUNet, LabUNet, ResidualGenerator, SymmetricUNet, UnpaddedFCN
from colorgan.networks.lite_unet import LiteUNet

# What a config.json may name. Adding a network means adding it here.
GENERATORS: dict[str, type[nn.Module]] = {
    generator.__name__: generator
    for generator in (LiteUNet, DropoutUNet, SymmetricUNet, ResidualGenerator, LabUNet, UnpaddedFCN)
}
