"""The water of now: brought on from the last kept state by what has rained since, or begun anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from data.errors import InputError, RunStopped
from data.rules_file import Rules
from hazards import RainForcing
from sim.forecast.member import Lent
from sim.forecast.states import KeptState, KeptStates, fitting_state
from sim.forecast.water import first_rain_s, last_rain_s

NOTE_COLD = "forecast.note.cold_start"
NOTE_LOST = "forecast.note.state_lost"
NOTE_BACK = "forecast.note.went_back"


@dataclass(frozen=True, eq=False)
class Analysed:
    """The state at the time of a cycle, where it lies, and what has to be said of how it came about."""

    state: KeptState
    path: Path
    notes: tuple[str, ...]


class Analysis:
    """Keeps the states of one city in a folder and brings them on, cycle by cycle."""

    def __init__(self, lent: Lent, folder: Path) -> None:
        self._lent = lent
        self._rules = lent.prepared.rules
        self._shape = lent.prepared.city.grid.shape
        self.states = KeptStates(folder, lent.prepared.fingerprint)

    def at(self, time: datetime, observed: RainForcing, epoch: datetime, wetness: float) -> Analysed:
        """The water at `time` under the observed rain (s since `epoch`).

        It goes on from the last kept state that the observed rain still leads to; where rain that was not known then
        has come in since, that is an earlier one. Without any it begins dry with the first rain, as far back as the
        rules say, on ground of that wetness; so it does after a long dry spell, which the soil models do not know.
        Raises RunStopped where the water stops itself from dry streets too.
        """
        kept_s = self._rules.number("forecast.states_kept_s")
        before, notes = self._begin(time, observed, epoch)
        if before is not None and before.moment == time:  # the cycle of this moment is run again
            return Analysed(before, self.states.place(before.moment), tuple(notes))
        try:
            state = self._bring_on(before, time, observed, epoch, wetness)
        except (RunStopped, InputError):  # InputError: the engine of the sewers refuses its hot start
            if before is None:
                raise
            notes = [NOTE_LOST]
            state = self._bring_on(None, time, observed, epoch, wetness)
        return Analysed(state, self.states.save(state, kept_s), tuple(notes))

    def _begin(self, time: datetime, observed: RainForcing, epoch: datetime) -> tuple[KeptState | None, list[str]]:
        """The whole state to go on from, or None to begin anew, and why."""
        notes: list[str] = []
        known = self.states.read(time)
        if self.states.unreadable:
            notes.append(NOTE_LOST)
        change_mm = self._rules.number("forecast.rain_change_mm")
        while True:
            state, back = fitting_state(known, observed, epoch, self._shape, change_mm)
            if state is None:
                return None, notes or [NOTE_COLD]
            if self._dry_since(state, time, observed, epoch):
                return None, []
            whole = self.states.whole(state)
            if whole is not None:
                return whole, [*notes, NOTE_BACK] if back else notes
            known.remove(state)
            notes = [NOTE_LOST]

    def _dry_since(self, state: KeptState, time: datetime, observed: RainForcing, epoch: datetime) -> bool:
        """Whether it has not rained for so long that the state is of a storm that is over."""
        rained = state.epoch + timedelta(seconds=state.rained_s)
        seen_s = last_rain_s(observed, (time - epoch).total_seconds())
        if seen_s > float("-inf"):
            rained = max(rained, epoch + timedelta(seconds=seen_s))
        return (time - rained).total_seconds() > self._rules.number("forecast.dry_restart_s")

    def _bring_on(
        self, state: KeptState | None, time: datetime, observed: RainForcing, epoch: datetime, wetness: float
    ) -> KeptState:
        begins = epoch + timedelta(seconds=dry_until_s(observed, (time - epoch).total_seconds(), self._rules))
        with self._lent.surface() as water:
            return water.analyse(state, begins, observed, epoch, time, wetness)


def dry_until_s(observed: RainForcing, now_s: float, rules: Rules) -> float:
    """Where an analysis without a state begins (s, clock of the rain): with the first rain that the rules let count.

    Streets that are dry until then need no run.
    """
    return min(first_rain_s(observed, now_s - rules.number("forecast.cold_start_s")), now_s)
