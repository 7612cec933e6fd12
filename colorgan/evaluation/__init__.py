"""How good is a colorizer: metrics with confidence intervals, and the report that compares models."""
