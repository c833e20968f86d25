"""Computes many replicas of one network as one batch.

- `batch`: what is learned from, and the memory and calls of a network that is bound to it.
- `layers`, `activations`: the layers, bound so; `ensemble`: networks of them.
- `parameters`: what is learned, and where it starts.
- `optimisers`: how parameters move; `steps`: one step after the other.
"""
