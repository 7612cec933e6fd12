"""What the files of a run's folder are called, for whoever reads one. Needs neither torch nor accelerate."""

RECIPE = "recipe.json"  # the resolved recipe, how it was run, on which machines, in which time
METRICS = "metrics.jsonl"  # losses and validation metrics, a line each time
CURVES = "curves.png"  # the same, drawn
SAMPLES = "samples"  # folder of sheets, IMAGES.png: gray | generated | original on fixed photos
MODEL = "model"  # folder of the trained Colorizer
