"""The layers of a batched network: each is bound to memory once, and leaves calls on a tape.

- `tape`: memory, values between layers, and the calls.
- `affine`, `convolution`, `normalisation`, `dropout`, `activation`: the layers.
- `forms`: activations and their gradients.
"""
