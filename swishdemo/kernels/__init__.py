"""Swish with a trainable β in one pass over the memory, in C and Triton, built where it runs.

- `libraries`: compiles, keeps and loads ``swish.c`` at first use, for the processor that is here;
  it is free of PyTorch.
- `native`: hands tensors over; `cuda`: those on a GPU, to `cuda_tiles`, which Triton compiles.
- `autograd`: registers operators with PyTorch, and builds ``node.cpp`` in the background;
  `function`: chooses among the forms, and is a layer.
"""
