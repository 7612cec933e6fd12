"""How a recipe is run: what the flags of training say beside the recipe."""

from dataclasses import dataclass
from pathlib import Path

TRACKERS = ("tensorboard", "trackio", "wandb", "none")


@dataclass(frozen=True)
class Run:
    """How a recipe is run: what may differ between two runs that train the same weights, and the seed."""

    output_dir: Path
    seed: int = 0
    resume_from_checkpoint: str = ""
    checkpointing_steps: int = 1000
    checkpoints_total_limit: int = 2
    validation_steps: int = 500
    validation_dataset: tuple[str, ...] = ()
    validation_split: str = ""
    validation_photos: int = 16
    logging_steps: int = 20
    gradient_accumulation_steps: int = 1
    dataloader_num_workers: int = 2
    mixed_precision: str = ""  # none: as accelerate is configured
    channels_last: bool = False
    torch_compile: bool = False
    report_to: str = "tensorboard"
    cpu: bool = False

    def __post_init__(self) -> None:
        for name in ("checkpointing_steps", "validation_steps", "logging_steps", "gradient_accumulation_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("checkpoints_total_limit", "validation_photos", "dataloader_num_workers"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if self.report_to not in TRACKERS:
            raise ValueError(f"report_to must be one of {', '.join(TRACKERS)}, got {self.report_to!r}")
