"""A copy of a SWMM input for one run: the city's file stays as it is, and its lines keep their numbers.

Options stand in a section at the end of the copy, since the engine takes the last value that it reads. A line that must
not count is emptied, a token that must change is changed where it stands. So an error of the engine names the line of
the city's own file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data.errors import InputError
from data.schema import DrainageNetwork, Inp
from data.swmm.files import LONGEST_NAME, named_files
from data.swmm.inp import Row, options, sections
from data.swmm.outages import LinkOutage, outage_rules
from data.swmm.units import METRE_OF, flow_units

DRY_SERIES = "rongan_dry"  # the rain of gauges whose rain the caller sets
LONGEST_RUNOFF_STEP_S = 60.0  # where the caller sets the rain
_USUAL_COURANT = 0.75  # VARIABLE_STEP that the editor of EPA SWMM offers, and most files have
_TRIALS_OF_ENGINE = 8.0  # MAX_TRIALS where a file names none or 0 (EPA SWMM 5.2 user's manual, D.2)
RAIN_OF_RUN = ("own", "given", "none")


@dataclass(frozen=True)
class PrepareOptions:
    """What one run wants of a SWMM input. The default is the model as the city has it, on one thread.

    `coupled` are the nodes that exchange water with the street; they need the pressurised solution that conserves
    (docs/decisions/0007), so with any of them the run is a dynamic wave with slots, junctions become shafts of constant
    area and storage nodes are raised, all of them `headroom_m` above their rims. `shaft_areas` gives the area by node
    where it is not `shaft_area_m2`; a junction named there that is not coupled becomes a shaft up to its own rim.
    `rain`: "own" (gauges of the file), "given" (the caller sets the rain of every gauge, dry until then) or "none"
    (it falls on the grid: no runoff, and a rain file that is missing does not matter).
    """

    coupled: tuple[str, ...] = ()
    shaft_area_m2: float = 1.167  # least area of a node, 12.566 ft2: SWMM 5.2 reference manual II, section 3.2
    shaft_areas: Mapping[str, float] = field(default_factory=dict)
    headroom_m: float = 100.0
    rain: str = "own"
    longest_step_s: float | None = None  # routing steps of the file are cut to this
    courant: float | None = None  # Courant number of its routing steps, where the file has the usual 0.75 or more
    most_trials: int | None = None  # per routing step; the file may ask for fewer
    start: datetime | None = None  # clock of the model (no zone); None: as the file has it
    duration_s: float | None = None  # None: until the end that the file has
    quiet: bool = False  # a report of totals and statistics alone, no series in the output file
    capacity_share: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)  # of pipes of condition grade 1 to 4
    outages: tuple[LinkOutage, ...] = ()  # pumps of the network that stand still

    def __post_init__(self) -> None:
        if self.rain not in RAIN_OF_RUN:
            raise ValueError(f"rain(={self.rain!r}) must be one of {RAIN_OF_RUN}")
        for name in ("shaft_area_m2", "headroom_m", "longest_step_s", "courant", "most_trials", "duration_s"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name}(={value}) must be above 0")
        if not all(area > 0.0 for area in self.shaft_areas.values()):
            raise ValueError("shaft_areas must be above 0")
        if not all(0.0 < share <= 1.0 for share in self.capacity_share):
            raise ValueError(f"capacity_share(={self.capacity_share}) must lie in (0, 1]")


def prepare_inp(network: DrainageNetwork | Inp, wish: PrepareOptions | None = None) -> list[str]:
    """Lines of the copy: as many as the input has, then what was added. InputError where a node is not in the input."""
    inp = network.inp if isinstance(network, DrainageNetwork) else network
    copy = _Copy(inp, wish or PrepareOptions())
    copy.name_files()
    if copy.wish.quiet:
        copy.quiet()
    if isinstance(network, DrainageNetwork):
        copy.weaken_pipes(network)
    copy.set_rain()
    copy.set_times()
    copy.set_routing()
    if copy.wish.coupled:
        copy.raise_shafts()
    for line in outage_rules(copy.wish.outages):
        copy.add("CONTROLS", line)
    copy.add("OPTIONS", "THREADS 1")
    return copy.text()


class _Copy:
    """The lines while they change: edits by token, emptied rows, sections to add."""

    def __init__(self, inp: Inp, wish: PrepareOptions) -> None:
        self.inp = inp
        self.wish = wish
        self.rows = sections(inp)
        self.options = {name: value for name, (value, _) in options(self.rows).items()}
        self.metre = METRE_OF[flow_units(self.options)]
        self._edits: dict[int, dict[int, tuple[Row, str]]] = {}
        self._emptied: set[int] = set()
        self._added: dict[str, list[str]] = {}

    def edit(self, row: Row, position: int, value: str) -> None:
        """Put another token where one stands."""
        self._edits.setdefault(row.line, {})[position] = (row, value)

    def empty(self, section: str, which: Callable[[Row], bool] = lambda row: True) -> None:
        """Leave rows of a section out."""
        self._emptied.update(row.line for row in self.rows.get(section, ()) if which(row))

    def add(self, section: str, line: str) -> None:
        """Write a row into a section at the end."""
        self._added.setdefault(section, []).append(line)

    def number(self, row: Row, position: int) -> float:
        """A token as a finite number."""
        try:
            value = float(row.tokens[position])
        except (ValueError, IndexError):
            value = math.nan
        if not math.isfinite(value):
            raise InputError(
                "not a number", file=self.inp.file, place=row.place, value=row.token(position), expected="a number"
            )
        return value

    def text(self) -> list[str]:
        """The finished lines."""
        lines = list(self.inp.lines)
        for number, edits in self._edits.items():
            for position in sorted(edits, reverse=True):
                row, value = edits[position]
                begin, end = row.spans[position]
                lines[number - 1] = lines[number - 1][:begin] + value + lines[number - 1][end:]
        for number in self._emptied:
            lines[number - 1] = ""
        for section, added in self._added.items():
            lines += [f"[{section}]", *added]
        return lines

    def name_files(self) -> None:
        """Absolute names for files to read; nothing is written beside the copy."""
        for named in named_files(self.rows, self.inp):
            if named.path is None:
                continue
            path = str(named.path.absolute())
            if len(path.encode()) > LONGEST_NAME or '"' in path or ";" in path:
                raise InputError(
                    "the engine cannot open a file of this name", file=self.inp.file, place=named.row.place,
                    value=path, expected=f"at most {LONGEST_NAME} bytes, without quotes and semicolons",
                )  # fmt: skip
            self.edit(named.row, named.position, f'"{path}"')
        self.empty("FILES", lambda row: row.token(0).upper() == "SAVE")
        self.empty("OPTIONS", lambda row: row.token(0).upper() == "TEMPDIR")
        for row in self.rows.get("LID_USAGE", ()):
            if row.token(8, "*") != "*":
                self.edit(row, 8, "*")

    def quiet(self) -> None:
        """A report of totals and statistics alone."""
        self.add("OPTIONS", "REPORT_STEP 24:00:00")
        self.empty("REPORT")
        for line in ("INPUT NO", "CONTROLS NO", "SUBCATCHMENTS NONE", "NODES NONE", "LINKS NONE"):
            self.add("REPORT", line)

    def weaken_pipes(self, network: DrainageNetwork) -> None:
        """Roughness of conduits by what the census found.

        n' = n / (capacity share of the grade (1 - blocked share)),
        so that the full flow shrinks by the same share; a force main by Hazen-Williams gets C' = C share.
        """
        links = network.links
        by_grade = (1.0, *self.wish.capacity_share)
        share = {
            name: by_grade[grade] * (1.0 - blocked)
            for name, grade, blocked in zip(
                links["name"], links["condition_grade"], links["blocked_share"], strict=True
            )
        }  # fmt: skip
        for row in self.rows.get("CONDUITS", ()):
            if share.get(row.tokens[0], 1.0) < 1.0 and len(row.tokens) > 4:
                self.edit(row, 4, f"{self.number(row, 4) / share[row.tokens[0]]:.9g}")
        if self.options.get("FORCE_MAIN_EQUATION", "H-W").upper().startswith("H"):
            for row in self.rows.get("XSECTIONS", ()):
                if row.token(1).upper().startswith("FORCE_MAIN") and share.get(row.tokens[0], 1.0) < 1.0:
                    self.edit(row, 3, f"{self.number(row, 3) * share[row.tokens[0]]:.9g}")

    def set_rain(self) -> None:
        """Gauges as the run wants them; a file that then plays no part may be missing.

        Climate files are left out with the gauges of the file: their days are not those of the run.
        """
        if self.wish.rain == "own":
            return
        self.empty("TEMPERATURE")
        self.empty("EVAPORATION", lambda row: row.token(0).upper() in ("TEMPERATURE", "FILE"))
        if self.wish.rain == "none":
            self.add("OPTIONS", "IGNORE_RAINFALL YES")
            self.empty("FILES", lambda row: row.token(1).upper() in ("RAINFALL", "RUNOFF", "RDII"))
        else:
            self.add("OPTIONS", "IGNORE_RAINFALL NO")
            self.empty("FILES", lambda row: row.token(1).upper() in ("RAINFALL", "RUNOFF"))
            self.empty("RAINGAGES")
            for row in self.rows.get("RAINGAGES", ()):
                self.add("RAINGAGES", f"{row.tokens[0]} INTENSITY {row.token(2, '0:05')} 1.0 TIMESERIES {DRY_SERIES}")
            self.add("TIMESERIES", f"{DRY_SERIES} 0:00 0.0")
            # The engine looks at a gauge that is set from outside at its steps of runoff alone, an hour in dry weather.
            wet = seconds_of(self.options.get("WET_STEP", "0:05"), LONGEST_RUNOFF_STEP_S, hours=True)
            step = max(1, round(min(wet, LONGEST_RUNOFF_STEP_S)))
            for name in ("WET_STEP", "DRY_STEP"):
                self.add("OPTIONS", f"{name} 0:{step // 60:02d}:{step % 60:02d}")
        for named in named_files(self.rows, self.inp):
            if named.path is None and named.use == "series" and named.owner in self._rain_series():
                self._emptied.add(named.row.line)
                self.add("TIMESERIES", f"{named.owner} 0:00 0.0")

    def _rain_series(self) -> set[str]:
        """Series that gauges read and no inflow or outfall does."""
        rain = {row.token(5) for row in self.rows.get("RAINGAGES", ()) if row.token(4).upper() == "TIMESERIES"}
        other = {token for name in ("INFLOWS", "OUTFALLS", "CONTROLS", "TEMPERATURE", "EVAPORATION")
                 for row in self.rows.get(name, ()) for token in row.tokens}  # fmt: skip
        return rain - other

    def set_times(self) -> None:
        """Start and end (a minute beyond the run, which may pass its end by one step)."""
        if self.wish.start is not None:
            self._clock("START", self.wish.start)
        if self.wish.start is not None or self.wish.duration_s is not None:
            start = self.wish.start or self._start_of_file()
            self._clock("REPORT_START", start)  # peaks count from there, and it must not lie behind the end
        if self.wish.duration_s is not None:
            self._clock("END", start + timedelta(seconds=math.ceil(self.wish.duration_s) + 60))

    def set_routing(self) -> None:
        """How long routing steps are, and how often one is tried."""
        if self.wish.longest_step_s is not None:
            step = min(self.wish.longest_step_s, seconds_of(self.options.get("ROUTING_STEP", "20"), 20.0))
            self.add("OPTIONS", f"ROUTING_STEP {step:g}")
        # A file that asks for shorter steps than usual knows why.
        if self.wish.courant is not None and self._option("VARIABLE_STEP", 0.0) >= _USUAL_COURANT:
            self.add("OPTIONS", f"VARIABLE_STEP {self.wish.courant:g}")
        if self.wish.most_trials is not None:
            own = self._option("MAX_TRIALS", 0.0) or _TRIALS_OF_ENGINE
            self.add("OPTIONS", f"MAX_TRIALS {min(own, self.wish.most_trials):g}")

    def _option(self, name: str, otherwise: float) -> float:
        """A number of the file's options; the engine itself refuses what is none."""
        try:
            return float(self.options.get(name, otherwise))
        except ValueError:
            return otherwise

    def _clock(self, name: str, moment: datetime) -> None:
        self.add("OPTIONS", f"{name}_DATE {moment:%m/%d/%Y}")
        self.add("OPTIONS", f"{name}_TIME {moment:%H:%M:%S}")

    def _start_of_file(self) -> datetime:
        """START_DATE and START_TIME; a file without has 1 January 2004 at midnight (project.c of EPA SWMM)."""
        text = self.options.get("START_DATE", "01/01/2004").replace("-", "/")
        try:
            day = datetime.strptime(text, "%m/%d/%Y")
        except ValueError:
            raise InputError(
                "not a date", file=self.inp.file, place="[OPTIONS] START_DATE", value=text, expected="MM/DD/YYYY"
            ) from None
        return day + timedelta(seconds=seconds_of(self.options.get("START_TIME", "0"), 0.0, hours=True))

    def raise_shafts(self) -> None:
        """Coupled nodes as shafts that reach far above the rim; hydraulics that conserve under pressure."""
        headroom = self.wish.headroom_m / self.metre
        left = set(self.wish.coupled)
        for row in [*self.rows.get("JUNCTIONS", ()), *self.rows.get("DIVIDERS", ())]:
            name, junction = row.tokens[0], row.section == "JUNCTIONS"
            depth = self.number(row, 2) if junction and len(row.tokens) > 2 else 0.0
            if name in left:
                left.remove(name)
                self._shaft(row, depth + headroom, row.token(3, "0") if junction else "0", "0")
            elif junction and depth > 0.0 and name in self.wish.shaft_areas:
                self._shaft(row, depth, row.token(3, "0"), row.token(4, "0"))
        for row in self.rows.get("STORAGE", ()):
            if row.tokens[0] in left:
                left.remove(row.tokens[0])
                self.edit(row, 2, f"{self.number(row, 2) + headroom:.9g}")
        if left:
            raise InputError("no junction or storage node of this name", file=self.inp.file, value=sorted(left)[0])
        self.empty("EVENTS")
        self.empty("FILES", lambda row: row.token(1).upper() == "HOTSTART")
        if "VARIABLE_STEP" not in self.options or self.options.get("FLOW_ROUTING", "").upper() != "DYNWAVE":
            self.add("OPTIONS", f"VARIABLE_STEP {self.wish.courant or _USUAL_COURANT:g}")
        for line in ("FLOW_ROUTING DYNWAVE", "SURCHARGE_METHOD SLOT", "SKIP_STEADY_STATE NO", "IGNORE_ROUTING NO",
                     "IGNORE_QUALITY YES"):  # fmt: skip
            self.add("OPTIONS", line)

    def _shaft(self, row: Row, top: float, initial: str, surcharge: str) -> None:
        """A junction as a shaft of constant area; lengths in the units of the file."""
        self._emptied.add(row.line)
        area = self.wish.shaft_areas.get(row.tokens[0], self.wish.shaft_area_m2) / self.metre**2
        levels = f"{row.tokens[0]} {row.token(1, '0')} {top:.9g} {initial}"
        self.add("STORAGE", f"{levels} FUNCTIONAL 0 0 {area:.9g} {surcharge} 0")


def seconds_of(text: str, default: float, *, hours: bool = False) -> float:
    """A duration as the engine reads it: a number (seconds, or hours) or H:MM or H:MM:SS."""
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        return default
    if not all(math.isfinite(part) for part in parts):
        return default
    if len(parts) == 1:
        return parts[0] * (3600.0 if hours else 1.0)
    return sum(part * scale for part, scale in zip(parts, (3600.0, 60.0, 1.0), strict=False))
