"""Swish Lab: check for yourself what is said about the activation function x·σ(βx)."""

__version__ = "0.1.0"
