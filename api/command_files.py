"""Writes what a drill of command and movement leaves: event log, tables, and the after-action review with its page."""

from __future__ import annotations

import pandas as pd

from api.after_action_json import after_action_json
from api.report.after_action_page import render_after_action
from data.rules_file import Rules
from data.run_folder import RunFolder
from data.schema import CIRCLES, ORDERS_RESULT, PLAN_STEPS, REPLICATES, RESCUES, TRIPS, WARNED, Table
from sim.after_action.plans import read_plans
from sim.after_action.review import AfterAction, review
from sim.command.event_log import write_log
from sim.result import Result

EVENTS, PAGE, REVIEW = "events.jsonl", "after_action.html", "after_action.json"


def write_command(folder: RunFolder, result: Result, rules: Rules) -> AfterAction | None:
    """Every file about command and movement; nothing where nobody was moved. Returns the review."""
    record = result.record
    if record is None:
        return None
    plans = result.scenario["drill"].get("plans")
    replicates, spread = None, None
    if result.replicates is not None:
        replicates, spread = result.replicates.table, result.replicates.timeline
    found = review(
        result, record, rules, plans=read_plans(plans), worth=result.worth, replicates=replicates, spread=spread
    )
    write_log(folder.path / EVENTS, record.header, record.log)
    tables: tuple[tuple[Table, pd.DataFrame], ...] = (
        (ORDERS_RESULT, found.orders), (RESCUES, record.rescues), (TRIPS, record.trips), (CIRCLES, record.circles),
        (WARNED, record.warned), (PLAN_STEPS, found.plan_steps),
    )  # fmt: skip
    for table, frame in tables:
        folder.write_table(table, frame)
    if replicates is not None:
        folder.write_table(REPLICATES, replicates)
    folder.write_json(REVIEW, after_action_json(found))
    folder.write_text(PAGE, render_after_action(found, rules))
    return found
