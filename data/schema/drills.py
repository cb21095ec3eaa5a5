"""Files that a drill leaves about command and movement: the event log and the after-action tables."""

from __future__ import annotations

from data.schema.fields import Field, Table


def _persons(name: str, meaning: str) -> Field:
    return Field(name, "persons", meaning, "int", minimum=0)


ORDERS_RESULT = Table(
    "orders.csv",
    "One row per order: when it was given, when it was carried out, whom it reached, what it was worth.",
    (
        Field("id", "", "Order", "text"),
        Field("kind", "", "What was ordered", "text"),
        Field("source", "", "Who gave it", "text", choices=("script", "rules", "live")),
        Field("time_s", "s", "When it was given, since the start of the run", minimum=0),
        Field("targets", "", "Areas, shelters, roads or underpasses, separated by spaces", "text"),
        _persons("persons", "People it was for"),
        _persons("reached", "Of them, reached by a channel by the end"),
        Field("done_s", "s", "When it was carried out; empty: never"),
        Field("worth_arrived", "persons", "More people in a shelter with it than without it"),
        Field("worth_stranded", "persons", "Fewer people stranded with it"),
        Field("worth_deaths", "persons", "Fewer expected deaths with it"),
    ),
)

RESCUES = Table(
    "rescues.csv",
    "One row per call for help: people stranded or waiting who cannot move on their own.",
    (
        Field("time_s", "s", "When the call came in", minimum=0),
        Field("node", "1", "Crossing of the road network", "int", minimum=0),
        Field("lon", "degrees_east", "Longitude"),
        Field("lat", "degrees_north", "Latitude"),
        Field("reason", "", "Why help is needed", "text"),
        _persons("persons", "People who need help"),
        Field("team", "", "Team that answered; empty: none", "text"),
        Field("answered_s", "s", "When a team set out; empty: never"),
        Field("reached_s", "s", "When it was there"),
        Field("done_s", "s", "When the people were in a shelter"),
    ),
)

TRIPS = Table(
    "trips.csv",
    "One row per trip of a vehicle or crew.",
    (
        Field("vehicle", "", "Team and number of the vehicle", "text"),
        Field("kind", "", "Kind of team", "text"),
        Field("purpose", "", "What for", "text"),
        Field("leave_s", "s", "Departure", minimum=0),
        Field("arrive_s", "s", "Arrival; empty: given up, no open way"),
        Field("from_node", "1", "Crossing where it began", "int", minimum=0),
        Field("to_node", "1", "Crossing where it went", "int", minimum=0),
        Field("length_m", "m", "Way driven", minimum=0),
        _persons("persons", "People on board"),
    ),
)

CIRCLES = Table(
    "circles.csv",
    "Share of the people that teams reach in time, on the roads as they flood.",
    (
        Field("time_s", "s", "Time", minimum=0),
        Field("kind", "", "Kind of team", "text"),
        Field("limit_min", "min", "Response time asked for", minimum=0),
        _persons("people", "People within it"),
        Field("share", "1", "Of all people", minimum=0, maximum=1),
        Field("dry_share", "1", "The same on dry roads", minimum=0, maximum=1),
    ),
)

WARNED = Table(
    "warned.csv",
    "One row per minute and area told to leave: how many people the channels have reached.",
    (
        Field("time_s", "s", "Time", minimum=0),
        Field("area", "", "Area code", "text"),
        _persons("persons", "People told to leave"),
        _persons("reached", "Of them, reached so far"),
        _persons("left", "Of them, left home so far"),
    ),
)

PLAN_STEPS = Table(
    "plan_steps.csv",
    "One row per step of the city's plans: what it asked, by when, and when it was done.",
    (
        Field("plan", "", "Plan", "text"),
        Field("step", "", "Step", "text"),
        Field("who", "", "Who is responsible", "text"),
        Field("area", "", "Area it is judged for; empty: the city", "text"),
        Field("due_s", "s", "Deadline; empty: its trigger never came"),
        Field("done_s", "s", "When it was done; empty: never"),
        Field("late_min", "min", "Minutes late; empty: never done, or not asked"),
        Field("state", "", "Verdict", "text", choices=("on_time", "late", "missed", "not_asked", "not_measured")),
    ),
)

REPLICATES = Table(
    "replicates.csv",
    "One row per replicate of a drill: the same city, storm and orders, other draws of what people do.",
    (
        Field("replicate", "1", "Number", "int", minimum=0),
        Field("seed", "1", "Seed of its draws", "int", minimum=0),
        _persons("arrived", "In a shelter at the end"),
        _persons("moving", "On the way at the end"),
        _persons("stranded", "Stranded at the end"),
        _persons("refused", "Stayed"),
        _persons("turned_away", "Without a place"),
        _persons("caught", "Ever caught by water on a road"),
        _persons("rescued", "Picked up by a crew"),
        Field("deaths", "persons", "Expected deaths", minimum=0),
        Field("t50_min", "min", "Half in a shelter, after the first order"),
        Field("t90_min", "min", "90 % in a shelter"),
        Field("t95_min", "min", "95 % in a shelter"),
        Field("trip_mean_min", "min", "Mean trip"),
        Field("readiness", "1", "Readiness score", minimum=0, maximum=100),
    ),
)

DRILL_TABLES = (ORDERS_RESULT, RESCUES, TRIPS, CIRCLES, WARNED, PLAN_STEPS, REPLICATES)
