"""Files of the Hugging Face hub, kept in the data folder once they have been fetched."""

from __future__ import annotations

import errno
from pathlib import Path
from threading import Thread

from swishdemo.errors import UserError
from swishdemo.settings import Settings

_PATIENCE_SECONDS = 5.0
"""In which the hub must have answered; the name's look-up alone may take longer than a minute."""

_UNWRITABLE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOENT),
)


def fetch(repository: str, file: str) -> Path:
    """Where a dataset's file lies on this host; it is fetched where it is not yet here.

    Nothing is sent but the request: no token is looked for. ``HF_ENDPOINT`` of huggingface_hub
    may name a mirror.

    Args:
        repository: Owner and name on the hub.
        file: Its path in the repository.

    Raises:
        UserError: It is not here, and the hub cannot be reached, does not have it, or breaks off;
            or the data folder cannot be written, or is full (status 503).
    """
    from huggingface_hub import hf_hub_download, try_to_load_from_cache
    from huggingface_hub.utils.tqdm import disable_progress_bars

    folder = Settings.read().data_dir / "hub"
    here = try_to_load_from_cache(repository, file, cache_dir=folder, repo_type="dataset")
    if isinstance(here, str) and Path(here).exists():
        return Path(here)
    _ask(repository, file)
    disable_progress_bars()
    try:
        return Path(
            hf_hub_download(repository, file, cache_dir=folder, repo_type="dataset", token=False)
        )
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
