"""The one who publishes: every message of the service goes out through here, whoever asks for it."""

from __future__ import annotations

from api.service.clock import ServiceClock
from api.service.episodes_desk import Outcome
from api.service.episodes_forecast import ByForecast
from api.service.episodes_hand import ByHand
from api.service.places import Places
from api.service.press import Fault, Press
from api.service.principal import SYSTEM, Principal
from api.service.refused import Refused
from api.service.settings import Settings
from api.service.signing_keys import SigningKeys
from api.store.store import Store
from data.rules_file import Rules
from data.schema import City
from sim.episode.terms import episode_terms

KEYS = "keys"  # folder of signing keys in the home folder


class Publisher(ByForecast, ByHand):
    """One per process; safe to share between threads. All methods are those of ByForecast and ByHand.

    A message goes out in one transaction with its entry, outbox, episode and audit, and only once it has passed the
    CAP schema, the eighteen rules and the check of its own signature. What fails is told as an entry "fault".
    """

    @classmethod
    def open(cls, store: Store, settings: Settings, clock: ServiceClock, city: City, rules: Rules) -> Publisher:
        """A publisher for a city, with the signing keys of the home folder (the first made at the first start).

        Raises InputError where every signing key has expired.
        """
        keys = SigningKeys.of_folder(settings.home / KEYS, settings.sender, clock.now())
        places = Places.of_city(city)
        press = Press(settings, keys, places, rules, tuple(city.synthetic))
        return cls(store, settings, clock, press, places, episode_terms(rules))


__all__ = ["KEYS", "SYSTEM", "Fault", "Outcome", "Principal", "Publisher", "Refused"]
