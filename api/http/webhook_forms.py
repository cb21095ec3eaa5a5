"""Subscriptions and deliveries as they are asked for and told."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.bodies import Body, Code, WarnedColour
from api.http.chains import moment
from api.store.records import Delivery, Webhook
from data.schema import LEVELS

Kind = Literal["warning", "plan", "cycle", "fault", "escalation", "lapsed", "approval", "canary"]
State = Literal["waiting", "delivered", "dead"]


class WebhookBody(Body):
    """Who wants to be called, and about what."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://example.com/flood", "kinds": ["warning"], "area": "510104"}]},
    )

    url: str = Field(max_length=2000, description="Where to; http or https, not in the own network of the service")
    kinds: list[Kind] = Field(default=["warning"], min_length=1, max_length=8)
    area: Code | None = Field(None, description="Only this area and those below it; null: all")
    leastLevel: WarnedColour | None = Field(None, description="Only chains that reach this colour; null: all")  # noqa: N815


class WebhookModel(BaseModel):
    """A subscription. Its secret is told only when it is made."""

    id: str
    url: str
    kinds: list[str]
    area: str | None
    leastLevel: str | None  # noqa: N815
    created: str
    active: bool
    secret: str | None = Field(None, description="Signs the calls (HMAC-SHA256, Standard Webhooks); shown this once")


class WebhookList(BaseModel):
    """Subscriptions, the oldest first."""

    webhooks: list[WebhookModel]


class DeliveryModel(BaseModel):
    """One entry on its way to one subscriber."""

    id: int
    entry: int = Field(description="Number of the entry on the stream")
    webhook: str
    attempts: int
    nextAt: str  # noqa: N815
    state: State
    error: str


class DeliveryList(BaseModel):
    """Deliveries in the order in which they were made; `next` is the cursor of the next page."""

    deliveries: list[DeliveryModel]
    next: int | None


def webhook_form(hook: Webhook) -> dict[str, Any]:
    """A subscription without its secret."""
    return {
        "id": hook.id,
        "url": hook.url,
        "kinds": list(hook.kinds),
        "area": hook.area or None,
        "leastLevel": LEVELS[hook.least_level] if hook.least_level else None,
        "created": moment(hook.created),
        "active": hook.active,
        "secret": None,
    }


def delivery_form(one: Delivery) -> dict[str, Any]:
    """A delivery as the outbox has it."""
    return {
        "id": one.id,
        "entry": one.entry,
        "webhook": one.webhook,
        "attempts": one.attempts,
        "nextAt": moment(one.next_at),
        "state": one.state,
        "error": one.error,
    }
