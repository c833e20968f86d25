"""PyTorch forms of the registry's activations: one module a family.

Each function takes ``x`` of any shape, then its parameters as numbers or as tensors that broadcast
with ``x``; it is differentiable in all of them, twice, and no branch that is not taken spoils a
gradient. The modules load PyTorch: import them inside functions. Swish's own forms stand in
:mod:`swishdemo.activations.functional`.
"""
