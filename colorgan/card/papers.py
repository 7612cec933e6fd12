"""The papers behind a recipe, found by what the recipe is made of: an altered recipe cites what it then stands on."""

from collections.abc import Iterable, Mapping

from colorgan.losses import ADVERSARIAL_LOSSES, PIXEL_LOSSES
from colorgan.recipes import Objective, Recipe


def _arxiv(text: str, number: str) -> str:
    return f"{text}, [arXiv {number}](https://arxiv.org/abs/{number})."


CONDITIONAL = _arxiv("Mirza and Osindero: Conditional Generative Adversarial Nets. 2014", "1411.1784")
DCGAN = _arxiv(
    "Radford, Metz and Chintala: Unsupervised Representation Learning with Deep Convolutional Generative Adversarial "
    "Networks. ICLR 2016",
    "1511.06434",
)
IMPROVED = _arxiv("Salimans et al.: Improved Techniques for Training GANs. NeurIPS 2016", "1606.03498")
PENALTY = _arxiv("Gulrajani et al.: Improved Training of Wasserstein GANs. NeurIPS 2017", "1704.00028")
SPECTRAL = _arxiv("Miyato et al.: Spectral Normalization for Generative Adversarial Networks. ICLR 2018", "1802.05957")
PIX2PIX = PIXEL_LOSSES["l1"].paper
UNET = _arxiv(
    "Ronneberger, Fischer and Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation. MICCAI 2015",
    "1505.04597",
)
RESIDUAL = _arxiv("He, Zhang, Ren and Sun: Deep Residual Learning for Image Recognition. CVPR 2016", "1512.03385")
SUBPIXEL = _arxiv(
    "Shi et al.: Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural "
    "Network. CVPR 2016",
    "1609.05158",
)
NAZERI = _arxiv(
    "Nazeri, Ng and Ebrahimi: Image Colorization Using Generative Adversarial Networks. AMDO 2018", "1803.05400"
)
COLORFUL = _arxiv("Zhang, Isola and Efros: Colorful Image Colorization. ECCV 2016", "1603.08511")
MASKGIT = _arxiv("Chang et al.: MaskGIT: Masked Generative Image Transformer. CVPR 2022", "2202.04200")
UNICOLOR = _arxiv(
    "Huang, Zhao and Liao: UniColor: A Unified Framework for Multi-Modal Colorization with Transformer. "
    "ACM Transactions on Graphics, 2022",
    "2209.11223",
)
EFFICIENTNET = _arxiv(
    "Tan and Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML 2019", "1905.11946"
)
EDGE_AVOIDING = (
    "Dammertz, Sewtz, Hanika and Lensch: Edge-Avoiding A-Trous Wavelet Transform for fast Global Illumination "
    "Filtering. High Performance Graphics, 2010."
)
GUIDED = _arxiv("He and Sun: Fast Guided Filter. 2015", "1505.00996")
LSUN = _arxiv(
    "Yu et al.: LSUN: Construction of a Large-scale Image Dataset using Deep Learning with Humans in the Loop. 2015",
    "1506.03365",
)
DOGS = (
    "Khosla, Jayadevaprakash, Yao and Fei-Fei: Novel Dataset for Fine-Grained Image Categorization. "
    "CVPR workshop on Fine-Grained Visual Categorization, 2011."
)
FLOWERS = (
    "Nilsback and Zisserman: Automated Flower Classification over a Large Number of Classes. "
    "Indian Conference on Computer Vision, Graphics and Image Processing, 2008."
)

NETWORKS: Mapping[str, tuple[str, ...]] = {
    "LiteUNet": (EFFICIENTNET, UNET, RESIDUAL, SUBPIXEL, EDGE_AVOIDING),
    "DropoutUNet": (PIX2PIX, UNET),
    "SymmetricUNet": (UNET,),
    "ResidualGenerator": (NAZERI, RESIDUAL),
    "LabUNet": (NAZERI, UNET),
    "UnpaddedFCN": (UNET,),
}
DISCRIMINATORS: Mapping[str, tuple[str, ...]] = {
    "PatchCritic": (PIX2PIX,),
    "ConditionalDiscriminator": (CONDITIONAL,),
    "WeakDiscriminator": (DCGAN,),
    "LabDiscriminator": (DCGAN, CONDITIONAL),
    "PooledDiscriminator": (CONDITIONAL,),
    "ChromaDiscriminator": (PIX2PIX, SPECTRAL),
}
DATA: Mapping[str, tuple[str, ...]] = {
    "lsun-bedroom": (LSUN,),
    "stanford-dogs": (DOGS,),
    "flowers-102": (FLOWERS,),
}


def papers(network: str, recipe: Recipe | None, *, with_data: bool = True) -> list[str]:
    """References, each once: of the network by its class, and of a recipe, with its data sets or without."""
    found: list[Iterable[str]] = [NETWORKS.get(network, ())]
    if recipe:
        objective, discriminator = recipe.objective, recipe.discriminator
        found += [
            _of_losses(objective),
            DISCRIMINATORS.get(discriminator.name, ()) if discriminator else (),
            (PENALTY,) if objective.gradient_penalty else (),
            (IMPROVED,) if objective.real_label != 1.0 else (),
            (COLORFUL,) if objective.distribution_weight else (),
            (MASKGIT, UNICOLOR) if objective.words_weight else (),
        ]
    found += [(GUIDED,)]
    if recipe and with_data:
        found += [DATA.get(name, ()) for name in recipe.data.dataset]
    return list(dict.fromkeys(paper for some in found for paper in some))


def _of_losses(objective: Objective) -> list[str]:
    rows = (ADVERSARIAL_LOSSES.get(objective.adversarial), PIXEL_LOSSES.get(objective.pixel))
    return [row.paper for row in rows if row is not None and row.paper]
