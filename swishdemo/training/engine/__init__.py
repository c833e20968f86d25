"""Many replicas of one network as one batched computation.

- `layers`: the layers, bound to memory; `ensemble`: networks made of them.
- `parameters`, `activation_parameters`, `initialisation`: what is learned.
- `samples`, `objective`: what is learned from, and what is minimised.
- `optimisers`, `trainer`: steps; `blocks`: in how many parts.
"""
