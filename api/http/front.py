"""What polling clients ask for, answered without FastAPI: the feeds and single messages, from the board."""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from api.http.feeds import STATUSES
from api.http.gate import Gate, problem_answer
from api.http.items import Item
from api.http.negotiate import ATOM, CAP, GEOJSON, JSON, chosen
from api.http.prebuilt import Header, Headers, Prebuilt
from api.http.problems import Problem
from api.http.rsgi import Answer

if TYPE_CHECKING:
    from api.http.context import Context

FEED_PATH = "/v1/warnings"
ATOM_PATH = "/v1/feed.atom"
_ONE = "/v1/warnings/"
_SHORT = {"json": JSON, "geojson": GEOJSON}
_MOST_CHOICES = 2_000

Choice = tuple[str, str]  # status, media type


class Front:
    """One function of method, path, query and headers; None: somebody else's."""

    def __init__(self, context: Context, gate: Gate) -> None:
        self._board = context.board
        self._gate = gate
        self._stale_after_s = context.settings.stale_after_s
        self._told = -1
        self._entry: Headers = []
        self._own = "Actual" if context.settings.mode == "actual" else "Exercise"
        self._choices: dict[tuple[str, str, str | None], Choice | Problem | None] = {}

    def __call__(self, method: str, path: str, query: str, header: Header, client: str) -> Answer | None:
        """The answer to a GET or HEAD of a feed or a message at hand."""
        if method != "GET" and method != "HEAD":
            return None
        board = self._board
        if time() >= board.next_lapse_s:
            board.tick()
        if path in (FEED_PATH, ATOM_PATH):
            choice = self._choice(path, query, header("accept"))
            if choice is None or not board.feeds:
                return None
            found: Prebuilt | Problem = choice if isinstance(choice, Problem) else board.feeds[choice]
        elif path.startswith(_ONE) and not query:
            one = self._message(path[len(_ONE) :], header("accept"))
            if one is None:
                return None
            found = one
        else:
            return None
        try:
            more = self._gate.admit(method, path, header, client).headers
        except Problem as refused:
            return problem_answer(refused, path, self._gate.origin(header))
        if isinstance(found, Problem):
            return problem_answer(found, path, more)
        return found.answer(method, header, more + self.freshness())

    def freshness(self) -> Headers:
        """The newest entry this answer knows of; how long the database has been silent, where that is too long."""
        board = self._board
        if board.stream.last != self._told:
            self._told = board.stream.last
            self._entry = [("rongan-entry", str(self._told))]
        silent = monotonic() - board.heard_s
        if silent > self._stale_after_s:
            return [*self._entry, ("rongan-stale", str(int(min(silent, 1e9))))]
        return self._entry

    def _choice(self, path: str, query: str, accept: str | None) -> Choice | Problem | None:
        """Which feed; what the front cannot serve as it stands is left to the route."""
        key = (path, query, accept)
        if key in self._choices:
            return self._choices[key]
        choice = self._choose(path, query, accept)
        if len(self._choices) < _MOST_CHOICES:
            self._choices[key] = choice
        return choice

    def _choose(self, path: str, query: str, accept: str | None) -> Choice | Problem | None:
        given = parse_qsl(query, keep_blank_values=True)
        asked = dict(given)
        if len(asked) != len(given) or not set(asked) <= {"status", "f"}:
            return None
        status = asked.get("status", self._own)
        if status not in STATUSES:
            return None
        if path == ATOM_PATH:
            return (status, ATOM) if "f" not in asked else None
        if "f" in asked:
            media_type = _SHORT.get(asked["f"])
            return (status, media_type) if media_type else None
        wanted = chosen(accept, (JSON, GEOJSON, ATOM))
        if wanted is None:
            return Problem(406, f"served as {JSON}, {GEOJSON} or {ATOM}")
        return status, wanted

    def _message(self, name: str, accept: str | None) -> Prebuilt | None:
        """A message at hand, as JSON or CAP; anything else is left to the route."""
        if name.endswith(".xml"):
            item: Item | None = self._board.item(name[:-4])
            return None if item is None else item.xml
        item = self._board.item(name)
        if item is None:
            return None
        wanted = chosen(accept, (JSON, CAP))
        return {JSON: item.document, CAP: item.xml}.get(wanted or "")
