"""Swish with a trainable β in one pass over the memory, in C and Triton, built where it runs.

`libraries` compiles, keeps and loads, for the `processor` that is here; `build` does so with
``swish.c`` at first use, `node` with ``node.cpp`` in the background from then on. `memory` says
how a tensor's elements lie, `native` hands tensors over, and `cuda` those on a GPU to `cuda_tiles`,
which Triton compiles; `operator` registers operators with PyTorch, and `function` chooses among the
forms; `module` is the layer. The first three are free of PyTorch.
"""
