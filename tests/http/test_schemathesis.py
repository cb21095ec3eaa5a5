"""The whole description of the API held against the service: every operation, good and bad input, every answer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from api.http.app import create_app
from tests.http.service_case import SECRETS, city_context_in, message, publish

EXAMPLES = 6  # of each operation and mode; `python -m tests.http.fuzz` tries many more
ENDLESS = ("/v1/events",)  # never ends; test_events.py has it
NOTHING_TO_GET_WRONG = ("/healthz", "/readyz")  # they take no parameter at all
NOT_HELD = (  # what cannot be held of generated input: ids that exist, texts that only our own checks refuse
    "positive_data_acceptance", "negative_data_rejection", "use_after_free", "ensure_resource_availability",
    "ignored_auth", "missing_required_header",
)  # fmt: skip
QUICK = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The service of the tiny city with one warning in force, asked as an administrator who may ask often."""
    folder: Path = tmp_path_factory.mktemp("service")
    many: dict[str, Any] = {"writes_per_minute": 10**7, "reads_per_minute": 10**7}
    with city_context_in(folder, **many) as context, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        publish(context, message(area="510101"))
        yield schemathesis.openapi.from_asgi("/openapi.json", create_app(context)).exclude(path=list(ENDLESS))


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
def test_every_operation(described: Any, mode: GenerationMode) -> None:
    """No answer that the description does not know, no fault whatever is sent."""
    left_out = [check for check in schemathesis.checks.CHECKS.get_all() if check.__name__ in NOT_HELD]
    failed: list[str] = []
    count = 0
    for result in described.get_all_operations():
        operation = result.ok()
        count += 1
        try:
            _try(operation, mode, left_out)
        except Unsatisfiable:
            assert operation.path in NOTHING_TO_GET_WRONG
        except Exception as error:
            failed.append(f"{operation.label}: {error}")
    assert count > 30
    assert not failed, "\n\n".join(failed)


def _try(operation: Any, mode: GenerationMode, left_out: list[Any]) -> None:
    @QUICK
    @given(case=operation.as_strategy(generation_mode=mode))
    def held(case: Any) -> None:
        case.call_and_validate(headers={"X-API-Key": SECRETS["admin"]}, excluded_checks=left_out)

    held()
