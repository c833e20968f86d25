"""Images: digits that scikit-learn ships; MNIST, Fashion-MNIST and CIFAR-10 of the hub.

Of the Hugging Face hub training samples are drawn from the source's training part and test samples
from its test part, so that a figure here can be put beside a published one. Files are kept in the
folder of huggingface_hub once they have been fetched.
"""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt

from swishdemo.datasets.record import DataOptions, Dataset, Raw, Split, split, test_size
from swishdemo.errors import UserError
from swishdemo.text import Language

_DIGITS_FILE = "datasets/data/digits.csv.gz"
"""Where scikit-learn has them."""


def digits(options: DataOptions, dataset: Dataset) -> Raw:
    """Images of 1×8×8 pixels, and the digits that they show."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return arranged(found.images, found.target, options, dataset)


def arranged(
    images: npt.NDArray[Any], labels: npt.NDArray[Any], options: DataOptions, dataset: Dataset
) -> Raw:
    """The images in the order of a seed, with what noise is asked for."""
    # RandomState: NumPy has frozen its stream, so the split is the same in every version.
    random = np.random.RandomState(options.seed)
    x, y = images[:, None], labels
    order = random.permutation(len(x))
    if options.samples:
        order = order[: options.samples]
    if options.noise:
        x = x + random.normal(size=x.shape) * (options.noise * x.std())
    return x, y, order[: dataset.train], order[dataset.train :]


@lru_cache(maxsize=4)
def digits_split(options: DataOptions) -> Split:
    """Load, split by a permutation, standardise by the training part's two numbers.

    One mean and one deviation for all pixels: some pixels are 0 in every image, and a deviation
    for each pixel would blow up the few grey values of the test part there.
    """
    dataset = DIGITS.at(options)
    # Read without scikit-learn, whose import takes a second or more before a run's first picture.
    found = find_spec("sklearn")
    places = (found and found.submodule_search_locations) or ()
    files = [file for place in places if (file := Path(place, _DIGITS_FILE)).exists()]
    if not files:
        return split(*digits(options, dataset), (0, 1, 2, 3))
    values = np.loadtxt(files[0], delimiter=",")
    images, labels = values[:, :-1].reshape(-1, 8, 8), values[:, -1].astype(int)
    return split(*arranged(images, labels, options, dataset), (0, 1, 2, 3))


DIGITS = Dataset(
    name="digits",
    titles={"en": "Handwritten digits, 8×8 pixels", "zh": "手写数字，8×8 像素"},
    kind="image",
    task="classification",
    shape=(1, 8, 8),
    classes=10,
    train=1437,
    test=360,
    most_samples=1797,
    source=(
        "Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, "
        "https://doi.org/10.24432/C50P49, as in scikit-learn"
    ),
    loader=digits_split,
    script=digits,
)

_PATIENCE_SECONDS = 5.0
"""In which the hub must have answered; the name's look-up alone may take longer than a minute."""

_UNWRITABLE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOENT),
)


def fetch(repository: str, file: str) -> Path:
    """Where a dataset's file lies on this host; it is fetched where it is not yet here.

    Nothing is sent but the request: no token is looked for. Of huggingface_hub's own variables
    ``HF_ENDPOINT`` may name a mirror, and ``HF_HUB_CACHE`` is the folder; a worker process is
    given the server's.

    Args:
        repository: Owner and name on the hub.
        file: Its path in the repository.

    Raises:
        UserError: It is not here, and the hub cannot be reached, does not have it, or breaks off;
            or the data folder cannot be written, or is full (status 503).
    """
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.utils.tqdm import disable_progress_bars

    here = try_to_load_from_cache(repository, file, repo_type="dataset")
    if isinstance(here, str) and Path(here).exists():
        return Path(here)
    _ask(repository, file)
    disable_progress_bars()
    try:
        return Path(hf_hub_download(repository, file, repo_type="dataset", token=False))
    except Exception as error:
        raise _refusal(error, repository) from error


def discard(file: Path) -> None:
    """Drop a file that turned out to be damaged, so that it is fetched anew."""
    file.resolve().unlink(missing_ok=True)
    file.unlink(missing_ok=True)


def _ask(repository: str, file: str) -> None:
    """Whether the hub is there and has the file: downloads try again for minutes, this does not."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    address = hf_hub_url(repository, file, repo_type="dataset")
    answers: list[Exception | None] = []

    def ask() -> None:
        try:
            get_hf_file_metadata(address, token=False, timeout=_PATIENCE_SECONDS)
            answers.append(None)
        except Exception as error:
            answers.append(error)

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_PATIENCE_SECONDS)
    error = answers[0] if answers else TimeoutError()
    if error is not None:
        raise _refusal(error, repository) from error


def _refusal(error: Exception, repository: str) -> UserError:
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError

    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UserError("data.hub.full", field="dataset", status=503)
    if isinstance(error, OSError) and error.errno in _UNWRITABLE:
        return UserError("data.hub.unwritable", field="dataset", status=503)
    if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
        return UserError("data.hub.absent", field="dataset", status=503, repository=repository)
    if isinstance(error, HfHubHTTPError):
        code = error.response.status_code
        if code in (401, 403, 404):
            return UserError("data.hub.absent", field="dataset", status=503, repository=repository)
        return UserError("data.hub.unwell", field="dataset", status=503, code=code)
    return UserError("data.hub.offline", field="dataset", status=503)


SAMPLES = 12_000
"""How many are taken by default: what a small host trains on in a minute."""

CLASSES = 10


@dataclass(frozen=True, slots=True)
class HubSource:
    """Where the images lie.

    Attributes:
        repository: Owner and name on the hub.
        folder: Where its Parquet files are.
        column: The column of the images, each a PNG.
        shape: Channels, height, width.
        train: Images in the training part.
        test: Images in the test part.
    """

    repository: str
    folder: str
    column: str
    shape: tuple[int, int, int]
    train: int = 60_000
    test: int = 10_000


def loader(source: HubSource) -> Callable[[DataOptions], Split]:
    """What loads the images of ``source``; the arrays of the last options are kept."""

    @lru_cache(maxsize=1)
    def load(options: DataOptions) -> Split:
        total = SAMPLES if options.samples is None else options.samples
        test = test_size(total, options.test_share)
        # One mean and one deviation a channel: grey images have one of each.
        return split(*drawn(partial(_read, source), source, options, total - test, test), (0, 2, 3))

    return load


def _read(
    source: HubSource, part: str, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The images ``[row, *shape]`` and the classes of these rows of a part."""
    file = fetch(source.repository, f"{source.folder}/{part}-00000-of-00001.parquet")
    try:
        return _decoded(file, source, part, rows)
    except MemoryError:
        raise
    except Exception as error:
        discard(file)
        raise UserError(
            "data.hub.damaged", field="dataset", status=503, repository=source.repository
        ) from error


def _decoded(
    file: Path, source: HubSource, part: str, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    from PIL import Image
    from pyarrow import parquet

    table = parquet.read_table(file, columns=[source.column, "label"])
    size = source.train if part == "train" else source.test
    if len(table) != size:
        raise ValueError(f"{file} has {len(table)} rows, not {size}")
    table = table.take(rows)
    channels, height, width = source.shape
    images = np.empty((len(rows), *source.shape), dtype=np.uint8)
    for number, entry in enumerate(table[source.column]):
        with Image.open(io.BytesIO(entry["bytes"].as_py()), formats=("PNG",)) as image:
            if image.size != (width, height):
                raise ValueError(f"an image of {image.size} pixels in {file}")
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
        images[number] = pixels.reshape(height, width, channels).transpose(2, 0, 1)
    labels = table["label"].to_numpy().astype(np.int64)
    if not set(labels) <= set(range(CLASSES)):
        raise ValueError(f"{file} has other classes than 0 to {CLASSES - 1}")
    return images, labels


def pictures(options: DataOptions, dataset: Dataset) -> Raw:
    """Images of the Hugging Face hub, and their classes."""
    from huggingface_hub import hf_hub_download
    from PIL import Image
    from pyarrow import parquet

    source = SOURCES[dataset.name]
    channels, height, width = source.shape
    mode = "L" if source.shape[0] == 1 else "RGB"

    def read(part: str, rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        file = source.folder + f"/{part}-00000-of-00001.parquet"
        path = hf_hub_download(source.repository, file, repo_type="dataset")
        table = parquet.read_table(path).take(rows)
        files = [io.BytesIO(entry["bytes"].as_py()) for entry in table[source.column]]
        images = np.stack([np.asarray(Image.open(each).convert(mode)) for each in files])
        images = images.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        return images, table["label"].to_numpy()

    return drawn(read, source, options, dataset.train, dataset.test)


def drawn(
    read: Callable[[str, npt.NDArray[np.int64]], tuple[npt.NDArray[Any], npt.NDArray[Any]]],
    source: HubSource,
    options: DataOptions,
    train: int,
    test: int,
) -> Raw:
    """So many images of each part, in the order of a seed, with what noise is asked for."""
    random = np.random.RandomState(options.seed)
    first = read("train", random.permutation(source.train)[:train])
    second = read("test", random.permutation(source.test)[:test])
    x, y = (np.concatenate(both) for both in zip(first, second, strict=True))
    if options.noise:
        x = x + random.normal(size=x.shape) * (options.noise * x.std())
    return x, y, np.arange(train), np.arange(train, len(x))


SOURCES = {
    "mnist": HubSource("ylecun/mnist", "mnist", "image", (1, 28, 28)),
    "fashion-mnist": HubSource(
        "zalando-datasets/fashion_mnist", "fashion_mnist", "image", (1, 28, 28)
    ),
    "cifar10": HubSource("uoft-cs/cifar10", "plain_text", "img", (3, 32, 32), train=50_000),
}
"""Where each dataset lies, by its name."""


def _pictures(
    name: str,
    titles: Mapping[Language, str],
    most_samples: int,
    class_names: tuple[str, ...],
    citation: str,
) -> Dataset:
    source = SOURCES[name]
    return Dataset(
        name=name,
        titles=titles,
        kind="image",
        task="classification",
        shape=source.shape,
        classes=CLASSES,
        train=SAMPLES * 4 // 5,
        test=SAMPLES // 5,
        most_samples=most_samples,
        most_test=source.test,
        class_names=class_names,
        source=f"{citation}; https://huggingface.co/datasets/{source.repository}",
        loader=loader(source),
        script=pictures,
    )


# The largest numbers of samples keep the arrays within a few hundred megabytes.
PICTURES = (
    _pictures(
        "mnist",
        {"en": "MNIST, handwritten digits, 28×28 pixels", "zh": "MNIST 手写数字，28×28 像素"},
        50_000,
        (),
        "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document "
        "recognition, 1998",
    ),
    _pictures(
        "fashion-mnist",
        {"en": "Fashion-MNIST, clothes, 28×28 pixels", "zh": "Fashion-MNIST 服饰，28×28 像素"},
        50_000,
        (
            *("T-shirt", "trousers", "pullover", "dress", "coat"),
            *("sandal", "shirt", "trainer", "bag", "ankle boot"),
        ),
        "Xiao, Rasul and Vollgraf, Fashion-MNIST, https://arxiv.org/abs/1708.07747",
    ),
    _pictures(
        "cifar10",
        {"en": "CIFAR-10, colour photographs, 32×32 pixels", "zh": "CIFAR-10 彩色照片，32×32 像素"},
        25_000,
        (
            *("airplane", "automobile", "bird", "cat", "deer"),
            *("dog", "frog", "horse", "ship", "truck"),
        ),
        "Krizhevsky, Learning multiple layers of features from tiny images, 2009",
    ),
)
