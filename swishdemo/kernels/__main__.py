"""``python -m swishdemo.kernels build`` or ``prebuild``: compile now what a model will want."""

from __future__ import annotations

import argparse
import sys

from swishdemo.kernels import autograd, libraries


def main(arguments: list[str] | None = None) -> int:
    """Build, print what there is now, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m swishdemo.kernels")
    parser.add_argument(
        "what",
        choices=("build", "prebuild"),
        help="build: for this processor, into the cache, with the C++ node, which shortens the "
        "way to small tensors (ten seconds); prebuild: for every processor of this kind, into "
        "the package",
    )
    what = parser.parse_args(arguments).what
    try:
        if what == "prebuild":
            made = [*libraries.prebuild(libraries.PREBUILT), autograd.build(libraries.PREBUILT)]
        else:
            for element in libraries.ELEMENTS:
                libraries.native(element)
            made = [f"kernels for {', '.join(libraries.ELEMENTS)}", autograd.build()]
    except libraries.BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
