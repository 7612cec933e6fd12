"""Many photos, file to file. `plan` knows no torch, so that refusals come at once; `pipeline` does the work."""
