"""A Space whose GPU is lent, rehearsed: the real package `spaces` against a stand-in on loopback.

- `device_api`: the stand-in of the four posts by which the package asks for a GPU.
- `space`: the app as it starts there, with a pretended CUDA device where the lent GPU would be.
- `front`: what stands before a Space: TLS, and a frame in a page that gives out tokens.
"""
