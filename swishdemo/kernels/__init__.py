"""Swish with a trainable β in one pass over the memory, in C, built where it runs.

`build` compiles `swish.c` at first use and loads it, `memory` says how a tensor's elements lie,
`native` hands tensors over, `operator` registers operators with PyTorch, and `function` chooses
among the forms; `module` is the layer. `build` is free of PyTorch.
"""
