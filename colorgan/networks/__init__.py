"""Generators and discriminators: one class per network, hyper-parameters in `__init__`."""
