"""Builds and serves the page: head, four tabs, foot; or one tab, while working on it."""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio import Queue as AsyncQueue
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.queueing import Queue
from gradio.utils import LRUCache
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from swishdemo import __version__, hardware
from swishdemo.errors import UserError, internal
from swishdemo.settings import Settings
from swishdemo.text import LANGUAGES
from swishdemo.timing.host_card import host_summary
from swishdemo.ui import assets, claims, time, train
from swishdemo.ui.assets import Document, live
from swishdemo.ui.in_gradio import in_browser, language, theme, translations, words
from swishdemo.ui.lab import Lab
from swishdemo.ui.link_preview import LinkPreviews

_LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def _explore(lab: Lab) -> None:
    """Swish, its derivatives and its rivals, computed and drawn in the browser.

    What takes longer the browser asks of REST (`swishdemo.api.catalogue`).
    """
    view = live("explore/tab", elem_id="lab-explore")
    formula = gr.Markdown(elem_id="lab-formula", latex_delimiters=_LATEX)
    # The browser knows the formulas; Gradio only sets their LaTeX.
    in_browser(view, "lab-formula.formulas", formula)


TABS: Mapping[str, Callable[[Lab], None]] = {
    "explore": _explore,
    "train": train.build,
    "time": time.build,
    "claims": claims.build,
}
"""What puts each tab's components into the surrounding ``gr.Blocks``, in the page's order."""


def build(lab: Lab, tabs: Iterable[str] = TABS) -> gr.Blocks:
    """The whole page, or a page of some tabs only."""
    why, archived = hardware.unused(lab.settings), lab.settings.archive_dir is not None
    demo = Page(title="Swish Lab", analytics_enabled=False)
    demo.previews = LinkPreviews(lab)
    with demo:
        live(
            "core/header",
            elem_id="lab-header",
            host={each: host_summary(each, lab.settings) for each in LANGUAGES},
            why={each: why.sentence(each) if why else "" for each in LANGUAGES},
        )
        with gr.Tabs(elem_id="lab-tabs"):
            for name in tabs:
                with gr.Tab(words(f"shell.tab_{name}"), id=name):
                    TABS[name](lab)
        live(
            "core/footer",
            elem_id="lab-footer",
            version=__version__,
            days=lab.settings.keep_days,
            unkept=None if archived else lab.unkept,
            archived=archived,  # then it changes, and the page asks
        )
    return demo


class Page(gr.Blocks):
    """Refuses in one sentence what does not fit a handler's inputs; Gradio prints a traceback.

    Anyone may send anything as a dropdown's choice, and nothing of it is kept. What breaks in a
    handler is logged under an id.
    """

    previews: LinkPreviews | None = None

    async def preprocess_data(self, block_fn: Any, *given: Any, **named: Any) -> Any:
        """The values for a handler.

        Raises:
            UserError: It runs in the browser alone, or what was sent is nothing that its
                components can hold.
        """
        if block_fn.fn is None:
            raise UserError("api.misfit")
        try:
            return await super().preprocess_data(block_fn, *given, **named)
        except Exception as error:
            raise UserError("api.misfit") from error

    async def process_api(self, *given: Any, **named: Any) -> dict[str, Any]:
        """What a handler answers.

        Raises:
            gr.Error: It has none; the sentence is in the reader's language.
        """
        request, state = named.get("request"), named.get("state")
        if state is not None:
            # Gradio would keep each session's last value of each field, for links into its state.
            state.config_values = {key: {} for key in state.config_values}
        try:
            return await super().process_api(*given, **named)
        except UserError as error:
            sentence = error.sentence(language(request))
        except Exception as error:
            sentence = internal(error).sentence(language(request))
        raise gr.Error(sentence, print_exception=False)


SESSIONS = 300
"""Sessions of the page that are held at a time."""
_LOOK_SECONDS = 0.02


def launch(
    demo: gr.Blocks,
    settings: Settings,
    *,
    middleware: Sequence[Middleware] = (),
    sessions: int = SESSIONS,
) -> None:
    """Serve ``demo`` and return when the server is up.

    Args:
        demo: The page.
        settings: Where to listen.
        middleware: ASGI middleware around the page, outermost first.
        sessions: Sessions of the page that are held at a time.
    """
    demo.queue(api_open=False)
    previews = demo.previews if isinstance(demo, Page) else None
    told = Middleware(Document, preview=previews.head if previews else None)
    queue = demo._queue
    queue.pending_messages_per_session = _Messages(sessions)
    queue.pending_event_ids_session = _Events(sessions)
    queue.start_processing = _lasting(queue)  # type: ignore[method-assign]
    # Statistics that nobody may ask for: pandas is loaded for them, at each press of a button they
    # are made anew, and they keep who pressed.
    queue.ANALYTICS_MAX_EVENTS, queue.ANAYLTICS_CACHE_FREQUENCY = 1, sys.maxsize
    # It would look for work 1,000 times a second, which takes 5 % of the core beside which Time
    # measures.
    queue.sleep_when_free, queue.progress_update_sleep_when_free = _LOOK_SECONDS, 1.0
    demo.launch(
        server_name=settings.server_name,
        server_port=settings.server_port or None,
        root_path=settings.root_path or None,
        theme=theme(),
        i18n=translations,
        favicon_path=assets.ASSETS / "favicon.svg",
        footer_links=[],
        share=False,
        run_history=False,
        show_error=False,
        quiet=False,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        prevent_thread_lock=True,
        # A session holds 200 kB and nothing of a visitor's: one that is lost is made anew.
        state_session_capacity=sessions,
        # Else Gradio asks its own page once, and ends the start where a busy machine takes more
        # than three seconds for it.
        _frontend=False,
        app_kwargs={
            "routes": [Route("/manifest.json", _manifest)],
            "middleware": [Middleware(assets.Assets), *middleware, told],
        },
    )


class _Sessions(LRUCache[str, Any]):
    """What Gradio's queue holds of each session: of those that were heard of last.

    Gradio's own forgets by the order in which they came, in mid-answer too.
    """

    def __getitem__(self, session: str) -> Any:
        if session in self:
            self.move_to_end(session)
        return super().__getitem__(session)


class _Messages(_Sessions):
    """The messages that each session is to be told; those to one that was forgotten are lost.

    Where Gradio met none, its queue would end, and with it every button of every page.
    """

    def __missing__(self, session: str) -> AsyncQueue[Any]:
        return AsyncQueue()

    def __delitem__(self, session: str) -> None:
        self.pop(session, None)


class _Events(_Sessions):
    """The events of each session that are to be told it; none of one that was forgotten."""

    def __missing__(self, session: str) -> set[str]:
        return set()


def _lasting(queue: Queue) -> Callable[[], Coroutine[Any, Any, None]]:
    """The queue's work, begun anew where a fault has ended it.

    Gradio's own would be over: every button of every page would say that the server ends.
    """
    work = queue.start_processing

    async def lasting() -> None:
        while True:
            try:
                return await work()
            except Exception:
                logging.exception("the page's queue has fallen, and is begun anew")
                queue.stopped = False
            await asyncio.sleep(1)

    return lasting


async def _manifest(request: Request) -> JSONResponse:
    """What a browser that may install pages asks for at each visit; Gradio's own answers 500."""
    icon = {"src": "favicon.ico", "sizes": "any", "type": "image/svg+xml"}
    told = {"name": "Swish Lab", "start_url": "./", "display": "browser", "icons": [icon]}
    return JSONResponse(told, media_type="application/manifest+json")
