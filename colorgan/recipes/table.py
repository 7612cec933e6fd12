"""The named experiments.

Left open by the sources unless a comment says otherwise, and then the field's usual: batch 16 at 256 pixels, and a
budget of a million photos (pix2pix's 200 epochs of 5,000).
"""

from dataclasses import replace

from colorgan.recipes.recipe import Data, Network, Objective, Optimiser, Phase, Recipe, Schedule

ALL_PHOTOS = ("lsun-bedroom", "stanford-dogs", "flowers-102")
PIX2PIX_ADAM = Optimiser("adam", 2e-4, betas=(0.5, 0.999))  # Isola et al. 2017, section 3.3
WGAN_RMSPROP = Optimiser("rmsprop", 5e-5)  # Arjovsky et al. 2017, algorithm 1
WGAN_CLIP, WGAN_CRITIC_STEPS = 0.01, 5  # the same

WGAN_BEDROOM = Recipe(
    name="wgan-bedroom",
    summary="U-Net with dropout, PatchGAN critic, Wasserstein loss + L1",
    output_space="rgb",
    generator=Network("DropoutUNet"),
    discriminator=Network("PatchCritic"),
    objective=Objective(
        pixel="l1",
        pixel_weight=0.1,
        adversarial="wasserstein",
        critic_steps=WGAN_CRITIC_STEPS,
        clip_weights=WGAN_CLIP,
    ),
    generator_optimiser=WGAN_RMSPROP,
    discriminator_optimiser=WGAN_RMSPROP,
    data=Data(("lsun-bedroom",), max_photos=16_384, flip=False),
    train_images=60 * 16_384,
    notes=(
        "clipping and critic steps are the WGAN paper's; lambda = 0.1, because a critic clipped to 0.01 pulls at a "
        "picture about as hard as 0.1 L1 does (measured: pix2pix's 100 would drown it a thousandfold); 60 epochs of "
        "its 16,384 photos",
    ),
)

CGAN_DOGS_FLOWERS = Recipe(
    name="cgan-dogs-flowers",
    summary="16-layer U-Net, conditional GAN",
    output_space="rgb",
    generator=Network("SymmetricUNet"),
    discriminator=Network("ConditionalDiscriminator"),
    objective=Objective(adversarial="log"),
    generator_optimiser=PIX2PIX_ADAM,
    discriminator_optimiser=PIX2PIX_ADAM,
    data=Data(("stanford-dogs", "flowers-102")),
    notes=("the conditional GAN loss alone, as the source says; `--pixel l1 --pixel_weight 100` makes it pix2pix's",),
)

WGAN_DOGS_FLOWERS = Recipe(
    name="wgan-dogs-flowers",
    summary="the same networks under the Wasserstein loss",
    output_space="rgb",
    generator=CGAN_DOGS_FLOWERS.generator,
    discriminator=CGAN_DOGS_FLOWERS.discriminator,
    objective=Objective(adversarial="wasserstein", critic_steps=WGAN_CRITIC_STEPS, clip_weights=WGAN_CLIP),
    generator_optimiser=PIX2PIX_ADAM,
    discriminator_optimiser=WGAN_RMSPROP,
    data=CGAN_DOGS_FLOWERS.data,
    notes=("RMSProp on the critic alone, as the source says; clipping and critic steps are the WGAN paper's",),
)

LAB_RESNET = Recipe(
    name="lab-resnet",
    summary="residual generator from L to ab, a deliberately weak discriminator",
    output_space="ab",
    generator=Network("ResidualGenerator"),
    discriminator=Network("WeakDiscriminator"),
    objective=Objective(
        pixel="l1", pixel_weight=100.0, adversarial="log", real_label=0.9, label_noise=0.1, label_flips=0.05
    ),
    generator_optimiser=PIX2PIX_ADAM,
    discriminator_optimiser=PIX2PIX_ADAM,
    data=Data(ALL_PHOTOS),
    notes=(
        "L1 with weight 100 as in the paper it follows (arXiv 1803.05400); labels 0.9 for real photos, all moved by up "
        "to 0.1, 5 % flipped; its data were mostly scenery, ours are all three sets",
    ),
)

UNET_L2 = Recipe(
    name="unet-l2",
    summary="regression baseline: U-Net in L*a*b*, squared error",
    output_space="lab",
    generator=Network("LabUNet"),
    discriminator=None,
    objective=Objective(pixel="l2"),
    generator_optimiser=Optimiser("adam", 2e-4, betas=(0.9, 0.999)),
    discriminator_optimiser=PIX2PIX_ADAM,
    data=Data(ALL_PHOTOS),
    notes=("Adam at 2e-4 with its own betas",),
)

DCGAN_LAB = Recipe(
    name="dcgan-lab",
    summary="the same generator in a conditional DCGAN",
    output_space="lab",
    generator=UNET_L2.generator,
    discriminator=Network("LabDiscriminator"),
    objective=Objective(adversarial="log"),
    generator_optimiser=PIX2PIX_ADAM,
    discriminator_optimiser=PIX2PIX_ADAM,
    data=UNET_L2.data,
    notes=("no pixel term, as the source names none; `--pixel l2` adds its baseline's",),
)

_FCN_ADAM = Optimiser("adam", 2e-4, betas=(0.5, 0.999), schedule=Schedule("plateau"))  # the source's own numbers

FCN_L1 = Recipe(
    name="fcn-l1",
    summary="unpadded convolutional baseline, L1",
    output_space="ab",
    generator=Network("UnpaddedFCN"),
    discriminator=None,
    objective=Objective(pixel="l1"),
    generator_optimiser=_FCN_ADAM,
    discriminator_optimiser=_FCN_ADAM,
    data=Data(ALL_PHOTOS, phases=(Phase(resolution=(120,)),)),
    notes=("ab, so that it is its GAN's twin; `--output_space rgb` gives the 3-channel image of the source's listing",),
)

FCN_CGAN = Recipe(
    name="fcn-cgan",
    summary="the same generator, L1 + conditional GAN, lambda = 100",
    output_space="ab",
    generator=FCN_L1.generator,
    discriminator=Network("PooledDiscriminator"),
    objective=Objective(pixel="l1", pixel_weight=100.0, adversarial="log", real_label=0.9),
    generator_optimiser=_FCN_ADAM,
    discriminator_optimiser=_FCN_ADAM,
    data=FCN_L1.data,
    notes=("one-sided smoothing to 0.9 (Salimans et al. 2016); the learning rates go down with the validation loss",),
)

FLAGSHIP_L2 = Recipe(
    name="flagship-l2",
    summary="the flagship's regression twin: ImageNet encoder, Huber loss, and a distribution head for variants",
    output_space="ab",
    generator=Network(
        "LiteUNet",
        {"encoder": "lite2", "widths": (192, 160, 128, 96), "cells": 189, "stochastic_depth": 0.1, "dropout": 0.1},
    ),
    discriminator=None,
    objective=Objective(pixel="smooth_l1", pixel_weight=0.1, distribution_weight=0.1, rebalancing=0.3),
    generator_optimiser=Optimiser(
        "adamw",
        1.5e-3,
        betas=(0.9, 0.999),
        weight_decay=3e-2,
        encoder_scale=0.4,
        max_grad_norm=1.0,
        schedule=Schedule("cosine", warmup_images=6400, final_share=0.01),
    ),
    discriminator_optimiser=Optimiser("adam", 4e-4, betas=(0.5, 0.999)),
    data=Data(
        ALL_PHOTOS,
        crop="random",
        film=0.3,
        aging=0.6,
        phases=(
            Phase(resolution=(96, 112, 128, 144), train_batch_size=32, crop_scale=(0.55, 1.0), share=0.45),
            Phase(resolution=(112, 144, 160, 192, 208), train_batch_size=20, crop_scale=(0.7, 1.0), share=0.47),
            Phase(resolution=(144, 176, 208), train_batch_size=20, crop_scale=(0.78, 1.0), share=0.08),
        ),
    ),
    train_images=267_000,
    pretrained=True,
    ema=0.998,
    notes=(
        "the cells of the distribution head are counted on the training photos: 189 on those of the bundled models",
    ),
)

FLAGSHIP_SCRATCH = replace(
    FLAGSHIP_L2,
    name="flagship-scratch",
    summary="the twin from random weights: beside it, what the features of ImageNet bring",
    generator_optimiser=replace(FLAGSHIP_L2.generator_optimiser, encoder_scale=1.0),
    pretrained=False,
    notes=(),
)

FLAGSHIP = replace(
    FLAGSHIP_L2,
    name="flagship",
    summary="the twin, and at the end of the same run a critic of patches and of whole photos",
    discriminator=Network("ChromaDiscriminator"),
    objective=replace(FLAGSHIP_L2.objective, adversarial="hinge", adversarial_weight=0.1, adversarial_start=0.92),
    target_vividness=0.95,  # unseen photos come out a little paler than those trained on
    notes=("`--initial_weights RUN/model --adversarial_start 0` puts the critic on a trained twin at once",),
)

FLAGSHIP_WORDS = Recipe(
    name="flagship-words",
    summary="colour words and their painter on a trained flagship, whose picture stays as it is",
    output_space="ab",
    generator=Network(
        "LiteUNet", {"encoder": "lite2", "widths": (192, 160, 128, 96), "cells": 189, "words": {"count": 224}}
    ),
    discriminator=None,
    objective=Objective(words_weight=1.0),
    generator_optimiser=Optimiser(
        "adamw",
        1.2e-3,
        betas=(0.9, 0.98),
        weight_decay=3e-2,
        max_grad_norm=1.0,
        schedule=Schedule("cosine", warmup_images=6400, final_share=0.01),
    ),
    discriminator_optimiser=FLAGSHIP_L2.discriminator_optimiser,
    data=Data(
        ALL_PHOTOS,
        crop="random",
        min_chroma=4.0,
        film=0.1,
        aging=0.2,
        phases=(Phase(resolution=(224,), train_batch_size=16, crop_scale=(0.72, 1.0)),),
    ),
    train_images=160_000,
    ema=0.998,
    notes=(
        "needs `--initial_weights FOLDER`, a trained flagship, and keeps its cells, gain and view; if it has words "
        "already, those are trained on",
    ),
)

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        WGAN_BEDROOM,
        CGAN_DOGS_FLOWERS,
        WGAN_DOGS_FLOWERS,
        LAB_RESNET,
        UNET_L2,
        DCGAN_LAB,
        FCN_L1,
        FCN_CGAN,
        FLAGSHIP,
        FLAGSHIP_L2,
        FLAGSHIP_SCRATCH,
        FLAGSHIP_WORDS,
    )
}
