"""The one class of error that a user may be told about."""

from __future__ import annotations

from swishdemo.text import Language, text


class UserError(Exception):
    """A bad value or a refused wish, told in one plain sentence.

    Everything else that goes wrong is logged with its traceback and shown as an internal error.

    Args:
        key: The sentence's key in the text catalogue, such as ``"error.out_of_range"``.
        field: The name of the field at fault, or None where no single field is.
        status: The HTTP status by which REST answers (404, 409, 413, 422, 429 or 503).
        values: What fills the sentence's placeholders.
    """

    def __init__(
        self, key: str, *, field: str | None = None, status: int = 422, **values: object
    ) -> None:
        self.key = key
        self.field = field
        self.status = status
        self.values = values
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """The sentence in ``language``."""
        return text(self.key, language, **self.values)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by the parts, because a worker process sends its errors to the web process."""
        return _rebuild, (self.key, self.field, self.status, self.values)


def _rebuild(key: str, field: str | None, status: int, values: dict[str, object]) -> UserError:
    return UserError(key, field=field, status=status, **values)
