"""How far a set of colorized photos is from the set of real ones: functions of what describes every photo of a set.

Features are (N, D), histograms (..., Q), ab is (N, 2, H, W) in ab units. A distance of sets is one number.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from colorgan.color import AB_CELLS_PER_SIDE, CHROMA_SCALE, ab_cell
from colorgan.intervals.bootstrap import GROUPS, Estimate, estimate_means, leave_out_groups
from colorgan.metrics.per_photo import check_same


def ab_histogram(ab: Tensor) -> Tensor:
    """ab (N, 2, H, W) -> share of each photo's pixels in each 10 x 10 cell of the ab plane, (N, 23 * 23)."""
    index = ab_cell(ab).flatten(1)
    counts = torch.zeros(len(ab), AB_CELLS_PER_SIDE**2, dtype=ab.dtype, device=ab.device)
    return counts.scatter_add_(1, index, torch.ones_like(index, dtype=ab.dtype)) / index.shape[1]


def histogram_distance(first: Tensor, second: Tensor) -> Tensor:
    """Two histograms (..., Q) -> their Jensen-Shannon distance (...), 0 for equal and 1 for disjoint ones.

    The root of the divergence in bits (Lin 1991; a metric by Endres and Schindelin 2003). Chosen because most cells
    are empty in one set or the other: Kullback-Leibler has no value there, and an L2 distance sees only the near-gray
    cells that hold most pixels. Give it the mean of `ab_histogram` over each set.
    """
    first, second = first / first.sum(-1, keepdim=True), second / second.sum(-1, keepdim=True)
    middle = (first + second) / 2
    bits = (torch.special.entr(middle) - (torch.special.entr(first) + torch.special.entr(second)) / 2).sum(-1)
    return (bits / math.log(2)).clamp(0, 1).sqrt()


def histogram_estimate(first: Tensor, second: Tensor) -> Estimate:
    """Histograms of the same N photos, (N, Q) twice -> `histogram_distance` of the sets, with what it rests on."""
    check_same(first, second)
    sums = torch.stack((first, second)).double().sum(1)  # (2, Q)
    whole = histogram_distance(*sums).item()
    groups = min(GROUPS, len(first))
    others = [sums - torch.stack((first[g::groups], second[g::groups])).double().sum(1) for g in range(groups)]
    return Estimate(whole, torch.stack([histogram_distance(*other) for other in others]), left_out=True)


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Features (N, D) and (M, D) of two sets -> the squared Frechet distance of their Gaussians, 0 for equal ones.

    Heusel et al. 2017 (arXiv 1706.08500), equation 6. Biased upwards for few photos, more so below D of them: compare
    sets of one size only. It is called FID with Inception features alone; name it by the network it was given.
    """
    _check_features(first, second)
    first, second = first.double(), second.double()
    mean_gap = (first.mean(0) - second.mean(0)).square().sum()
    x, y = ((one - one.mean(0)) / math.sqrt(len(one) - 1) for one in (first, second))  # covariances: x' x and y' y
    traces = x.square().sum() + y.square().sum()
    return max(0.0, float(mean_gap + traces - 2 * _trace_of_root(x, y)))  # rounding may go below


def _trace_of_root(x: Tensor, y: Tensor) -> Tensor:
    """tr sqrt(A B) of the covariances A = x' x and B = y' y, from x (N, D) and y (M, D).

    It is the sum of the singular values of sqrt(A) sqrt(B), which are those of x y' and the roots of the eigenvalues of
    sqrt(A) B sqrt(A). The first is less work for few photos; the second, symmetric, has no complex roots to throw away.
    """
    if min(len(x), len(y)) < x.shape[1]:
        return torch.linalg.svdvals(x @ y.T).sum()
    values, vectors = torch.linalg.eigh(x.T @ x)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    return torch.linalg.eigvalsh(root @ (y.T @ y) @ root).clamp(min=0).sqrt().sum()


def frechet_estimate(first: Tensor, second: Tensor) -> Estimate:
    """Features of the same N photos, (N, D) twice -> `frechet_distance`, with what it rests on."""
    check_same(first, second)
    others = [frechet_distance(first[rest], second[rest]) for rest in leave_out_groups(len(first))]
    return Estimate(frechet_distance(first, second), torch.tensor(others).double(), left_out=True)


def kernel_distance(first: Tensor, second: Tensor) -> float:
    """Features (N, D) and (M, D) of two sets -> unbiased squared maximum mean discrepancy, about 0 for equal ones.

    Binkowski et al. 2018 (arXiv 1801.01401), equation 4, with their kernel (x y / D + 1)^3. Unbiased at any number of
    photos, so it can be slightly negative. It is called KID with Inception features alone.
    """
    _check_features(first, second)
    first, second = first.double(), second.double()

    def mean_of_others(x: Tensor) -> Tensor:
        own = _kernel(x, x)
        return (own.sum() - own.trace()) / (len(x) * (len(x) - 1))

    return float(mean_of_others(first) + mean_of_others(second) - 2 * _kernel(first, second).mean())


def kernel_estimate(first: Tensor, second: Tensor) -> Estimate:
    """Features of the same N photos, (N, D) twice -> their kernel distance, with what it rests on.

    As `kernel_distance`, but without the pairs of a photo and its own colorization, which are more alike than two
    photos are: they would pull the distance below 0 (Gretton et al. 2012, "A kernel two-sample test", equation 4). The
    kernel is summed over pairs of groups once, so that leaving a group out costs nothing and memory stays small.
    """
    check_same(first, second)
    _check_features(first, second)
    groups = min(GROUPS, len(first) // 2)  # so that two photos are left at the least
    parts = [[features[g::groups].double() for g in range(groups)] for features in (first, second)]
    sizes = torch.tensor([len(part) for part in parts[0]]).double()

    def kernel_sums(xs: list[Tensor], ys: list[Tensor]) -> Tensor:
        return torch.stack([torch.stack([_kernel(x, y).sum() for y in ys]) for x in xs])

    own = [kernel_sums(part, part) for part in parts]
    own = [sums - torch.diag(_same_photo_kernels(part, part)) for sums, part in zip(own, parts, strict=True)]
    across = kernel_sums(*parts) - torch.diag(_same_photo_kernels(*parts))

    def distance(kept: Tensor) -> float:
        count = float((sizes * kept).sum())
        total = sum(float(kept @ sums @ kept) for sums in own) - 2 * float(kept @ across @ kept)
        return total / (count * (count - 1))

    everyone = torch.ones(groups, dtype=torch.float64)
    others = [distance(everyone - torch.eye(groups, dtype=torch.float64)[g]) for g in range(groups)]
    return Estimate(distance(everyone), torch.tensor(others).double(), left_out=True)


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    """Features (N, D) and (M, D) -> (N, M)."""
    return (x @ y.T / x.shape[1] + 1) ** 3


def _same_photo_kernels(xs: list[Tensor], ys: list[Tensor]) -> Tensor:
    """The sum, over each part's photos, of the kernel of both versions of one photo."""
    return torch.stack([(((x * y).sum(1) / x.shape[1] + 1) ** 3).sum() for x, y in zip(xs, ys, strict=True)])


def classifier_two_sample(predicted_ab: Tensor, ab: Tensor, seed: int = 0, steps: int = 300) -> Tensor:
    """Can a network tell predicted from true chroma? ab (N, 2, H, W) twice, the same N photos in the same order ->
    share of right answers on each of the N / 2 held-out photos, (N / 2,) of 0, 0.5 or 1; its mean is 0.5 if it cannot.

    Lopez-Paz and Oquab 2017 (arXiv 1610.06545): train a classifier on half of the photos, test it on the others. Both
    versions of a photo are on the same side, so that knowing the photo does not help. A mean whose interval
    lies above 0.5 says that the sets differ; one around 0.5 only that this small network could not
    see it. A few thousand pixels a photo are enough. Same seed, same machine, same answer; torch's global state is left
    as it was.
    """
    check_same(predicted_ab, ab)
    count = len(ab)
    if count < 4 or min(ab.shape[2:]) < 8:
        raise ValueError(f"needs at least 4 photos of at least 8 x 8, got {tuple(ab.shape)}")
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(count, generator=generator)
    learn, test = order[: count - count // 2], order[count - count // 2 :]
    pictures = torch.stack((predicted_ab, ab), 1).float() / CHROMA_SCALE  # (N, 2, 2, H, W): index 1 is real
    network = _trained_classifier(pictures[learn], seed, steps, generator)
    with torch.inference_mode():
        logits = torch.cat([network(part.flatten(0, 1)) for part in pictures[test].split(64)]).view(-1, 2)
    return ((logits > 0).float() == torch.tensor([0.0, 1.0], device=ab.device)).float().mean(1)


def two_sample_estimate(predicted_ab: Tensor, ab: Tensor, seed: int = 0) -> Estimate:
    """ab of the same N photos, (N, 2, H, W) twice -> the mean of `classifier_two_sample`, with what it rests on."""
    right = classifier_two_sample(predicted_ab.float(), ab.float(), seed)
    [estimate] = estimate_means(right.cpu()[:, None], seed)
    return estimate


def _trained_classifier(pictures: Tensor, seed: int, steps: int, generator: torch.Generator) -> nn.Module:
    """Fake and real versions (N, 2, 2, H, W) in [-1, 1] -> a small network whose logit is above 0 for real, in eval."""
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(seed)
        network = nn.Sequential(
            *(nn.Conv2d(2, 16, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.BatchNorm2d(32), nn.ReLU()),
            *(nn.Conv2d(32, 64, 3, 2, 1), nn.BatchNorm2d(64), nn.ReLU(), nn.Conv2d(64, 64, 3, 2, 1), nn.ReLU()),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0)),
        ).to(pictures.device)
        optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
        order = torch.empty(0, dtype=torch.long)
        for _ in range(steps):
            if not len(order):
                order = torch.randperm(len(pictures), generator=generator)
            batch = pictures[order[:32]].clone()  # not an inference tensor, whatever the caller's mode
            order = order[32:]
            if torch.rand((), generator=generator) < 0.5:
                batch = batch.flip(-1)
            labels = torch.tensor([0.0, 1.0], device=batch.device).repeat(len(batch))
            loss = functional.binary_cross_entropy_with_logits(network(batch.flatten(0, 1)), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def _check_features(first: Tensor, second: Tensor) -> None:
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1] or min(len(first), len(second)) < 2:
        shapes = f"{tuple(first.shape)} and {tuple(second.shape)}"
        raise ValueError(f"features must be (N, D) and (M, D) of at least 2 photos, got {shapes}")
