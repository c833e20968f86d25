"""Swish with a trainable β in one pass over the memory, in C and Triton, built where it runs.

- `libraries`: compiles, keeps and loads; `build`: does so with ``swish.c`` at first use, for the
  processor that is here; `node`: with ``node.cpp``, in the background from then on.
- `native`: hands tensors over; `cuda`: those on a GPU, to `cuda_tiles`, which Triton compiles.
- `operator`: registers operators with PyTorch; `function`: chooses among the forms, and is a layer.
  `libraries` and `build` are free of PyTorch.
"""
