"""Checkpoints that need no network: real weights out of a Python package, and synthetic ones made from a seed."""
