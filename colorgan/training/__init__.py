"""One accelerate loop for every recipe, its checkpoints, its sample sheets and curves."""
