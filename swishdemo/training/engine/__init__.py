"""Computes many replicas of one network as one batch.

- `layers`, `activations`: the layers, bound to memory by `call_tape`; `ensemble`: networks of them.
- `parameters`: what is learned, and where it starts.
- `samples`: what is learned from, and in how many batches of replicas.
- `optimisers`: how parameters move; `steps`: one step after the other, `cuda_steps` on a GPU.
"""
