import numpy as np
import pytest

from data.errors import InputError
from sim.adequacy import areas_after, assess_study
from sim.what_if import Changes, changed_sites
from tests.planning_case import city, study, water


def added(**values):
    row = city().candidates.iloc[[0]].assign(**values)
    return row.drop(columns="cost")


def test_changes_are_told_one_by_one():
    sites, told = changed_sites(
        city().shelters, Changes(add=added(), remove=("S1",), resize=(("S3", 900.0),))
    )  # fmt: skip
    assert list(sites["id"]) == ["S2", "S3", "S4", "C1"]
    assert [(one.kind, one.site, one.before_m2, one.after_m2) for one in told] == [
        ("remove", "S1", 200.0, 0.0), ("resize", "S3", 400.0, 900.0), ("add", "C1", 0.0, 900.0),
    ]  # fmt: skip
    assert city().shelters["area_m2"].tolist() == [200.0, 1000.0, 400.0, 800.0]


@pytest.mark.parametrize(
    ("changes", "place", "value"),
    [
        (Changes(remove=("S9",)), "--remove", "S9"),
        (Changes(remove=("S1", "S1")), "--remove", "S1"),
        (Changes(resize=(("S9", 5.0),)), "--resize", "S9"),
        (Changes(resize=(("S1", 0.0),)), "--resize", "S1=0"),
        (Changes(resize=(("S1", -4.0),)), "--resize", "S1=-4"),
        (Changes(resize=(("S1", float("nan")),)), "--resize", "S1=nan"),
        (Changes(resize=(("S1", 1e30),)), "--resize", "S1=1e+30"),
        (Changes(resize=(("S1", 5.0), ("S1", 6.0))), "--resize", "S1"),
        (Changes(remove=("S1",), resize=(("S1", 5.0),)), "--resize", "S1"),
        (Changes(add=added(id="S2")), "--add", "S2"),
    ],
)
def test_a_change_that_does_not_fit_is_one_error(changes, place, value):
    with pytest.raises(InputError) as told:
        changed_sites(city().shelters, changes)
    assert told.value.place == place
    assert told.value.value == value


def test_a_removed_id_may_be_given_again():
    sites, _ = changed_sites(city().shelters, Changes(add=added(id="S2"), remove=("S2",)))
    assert list(sites["id"]) == ["S1", "S3", "S4", "S2"]


def test_a_what_if_shows_before_and_after():
    case = study(water())
    told = assess_study(case, changes=Changes(remove=("S3",)))
    assert told.before is not None
    assert told.before.before is None
    assert len(told.before.sites) == 4
    assert len(told.sites) == 3
    assert told.changes[0].site == "S3"
    city_row = told.areas["level"] == "city"
    before, after = (one.areas.loc[city_row, "effective_m2"].iloc[0] for one in (told.before, told))
    assert (before, after) == (2400.0, 2000.0)


def test_no_change_is_no_before():
    assert assess_study(study(water()), changes=Changes()).before is None


def test_the_quick_answer_is_the_same_as_the_whole_one():
    case, changes = study(water(wet_sites={"S4": 600.0})), Changes(resize=(("S1", 2000.0),))
    whole, quick = assess_study(case, changes=changes).areas, areas_after(case, changes)
    tied = ["without_place"]
    assert quick.drop(columns=tied).equals(whole[quick.columns].drop(columns=tied))
    of_city = whole["level"] == "city"
    assert quick.loc[of_city, tied].equals(whole.loc[of_city, tied])
    assert set(whole.columns) - set(quick.columns) == {"at_risk_without_place", "latest_departure_min"}
    assert np.isclose(whole["effective_m2"].iloc[0], 4200.0)
