"""What is read aloud on street loudspeakers and sent as short messages: who, what to do, where to go, until when.

The most important sentences come first and always stay; others are left out where the time is up. An exercise says so
at both ends of the speech and at the front of every short message, since each may be heard or read by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api.messages import text
from api.warning.notice import Notice, Refuge
from api.warning.phrases import join, leave_key, some_unplaced, text_list, way_of, when_of
from api.warning.sms import in_parts
from api.warning.spoken_numbers import clock_words, count_words, name_words
from api.wording import EN, LANGUAGES, ZH
from data.rules_file import Rules
from data.schema import LEVELS

_STREETS = 3  # of a way that listeners keep in mind


@dataclass(frozen=True)
class BroadcastTerms:
    """How long speech and short messages may be (rules file `broadcast`)."""

    longest_s: float
    characters_per_s: float  # Chinese
    words_per_s: float  # English
    sms_characters: Mapping[str, int]  # by language

    @staticmethod
    def of(rules: Rules) -> BroadcastTerms:
        """The terms that the rules set."""
        return BroadcastTerms(
            rules.number("broadcast.speech_longest_s"),
            rules.number("broadcast.speech_characters_per_s"),
            rules.number("broadcast.speech_words_per_s"),
            {ZH: int(rules.value("broadcast.sms_characters_zh")), EN: int(rules.value("broadcast.sms_characters_en"))},
        )


@dataclass(frozen=True)
class Broadcast:
    """One message for the ear and for telephones, by language."""

    speech: Mapping[str, str]
    seconds: Mapping[str, float]  # to read it once
    sms: Mapping[str, tuple[str, ...]]  # the parts, in order

    def as_text(self) -> str:
        """All of it as plain text, for whoever reads it out."""
        lines = []
        for lang in LANGUAGES:
            lines += [f"[{lang}, {self.seconds[lang]:.0f} s]", self.speech[lang], *self.sms[lang], ""]
        return "\n".join(lines)


def broadcast(notice: Notice, terms: BroadcastTerms) -> Broadcast:
    """Speech and short messages of a notice."""
    speech = {lang: _speech(notice, lang, terms) for lang in LANGUAGES}
    return Broadcast(
        speech,
        {lang: seconds_of(said, lang, terms) for lang, said in speech.items()},
        {lang: _sms(notice, lang, terms.sms_characters[lang]) for lang in LANGUAGES},
    )


def seconds_of(said: str, lang: str, terms: BroadcastTerms) -> float:
    """Time to read a text aloud once, s."""
    if lang == ZH:
        return len(re.findall(r"\w", said)) / terms.characters_per_s
    return len(re.findall(r"[\w'.]+", said)) / terms.words_per_s


def _speech(notice: Notice, lang: str, terms: BroadcastTerms) -> str:
    actual = notice.status == "Actual"
    end = [] if actual else [text("speech.unmark", lang)]
    said = [] if actual else [text("speech.mark", lang).strip()]
    for must, sentence in _sentences(notice, lang):
        if must or seconds_of(join([*said, sentence, *end], lang), lang, terms) <= terms.longest_s:
            said.append(sentence)
    return join([*said, *end], lang).replace("..", ".")  # "p.m." at the end of a sentence has its stop


def _sentences(notice: Notice, lang: str) -> Iterator[tuple[bool, str]]:
    """(must stay, sentence), in the order in which they are read; what must stay comes first."""
    kind = notice.msg_type.lower()
    yield True, name_words(_head(notice, "speech", lang), lang)
    if kind == "cancel":
        yield True, text("speech.do.cancel", lang)
        return
    leave = leave_key(notice)
    if leave:
        clock = "" if notice.leave_by is None else clock_words(notice.leave_by, lang)
        yield True, text(f"speech.do.{leave}", lang, clock=clock)
    for refuge in notice.refuges[:1]:
        minutes = count_words(round(refuge.walk_min), lang)
        yield True, text("speech.do.shelter", lang, name=_spoken(refuge, lang), minutes=minutes)
    yield True, text("speech.do.others" if leave else f"speech.do.{LEVELS[notice.level]}", lang)
    if some_unplaced(notice):
        yield False, text("speech.do.rest", lang)
    for refuge in notice.refuges[:1]:
        streets = way_of(refuge, lang)
        if streets:
            names = text_list([name_words(street, lang) for street in streets[:_STREETS]], lang)
            yield False, text("speech.do.way", lang, streets=names)
    if notice.onset > notice.sent:
        yield False, text("speech.why.ahead", lang, clock=clock_words(notice.onset, lang))
    else:
        yield False, text(f"speech.why.{when_of(notice)}", lang)
    yield False, text("speech.why.until", lang, clock=clock_words(notice.expires, lang))
    if notice.people is not None and notice.people > 1:
        yield False, text("speech.why.people", lang, people=count_words(notice.people, lang))
    for refuge in notice.refuges[1:2]:
        yield False, text("speech.do.also", lang, name=_spoken(refuge, lang))


def _head(notice: Notice, kind: str, lang: str) -> str:
    """What it is and where; an Update in the words of its headline, which knows whether the colour rose or fell."""
    words = notice.words[lang]
    if notice.msg_type == "Update":
        return words.headline.removeprefix(text("cap.mark", lang)) + ("。" if lang == ZH else ".")
    event = text(f"event_name.{notice.event}", lang)
    return text(f"{kind}.head.{notice.msg_type.lower()}", lang, event=event, area=words.area, level=notice.level)


def _spoken(refuge: Refuge, lang: str) -> str:
    return name_words((refuge.name_en or refuge.name) if lang == EN else refuge.name, lang)


def _sms(notice: Notice, lang: str, longest: int) -> tuple[str, ...]:
    said = [_head(notice, "sms", lang)]
    if notice.msg_type == "Cancel":
        said.append(text("speech.do.cancel", lang))
    else:
        leave = leave_key(notice)
        if leave:
            said.append(text(f"sms.do.{leave}", lang, leave_by=notice.leave_by))
        for refuge in notice.refuges[:1]:
            name = {"name": refuge.name, "name_en": refuge.name_en}
            said.append(text("sms.do.shelter", lang, **name, walk_min=refuge.walk_min))
            streets = way_of(refuge, lang)
            if streets:
                said.append(text("sms.do.way", lang, streets=text_list(streets[:_STREETS], lang)))
        if some_unplaced(notice):
            said.append(text("speech.do.rest", lang))
        said.append(text("speech.do.others" if leave else f"speech.do.{LEVELS[notice.level]}", lang))
        today = notice.expires.date() == notice.sent.date()
        said.append(text("sms.do.until" if today else "sms.do.until_day", lang, expires=notice.expires))
    mark = "" if notice.status == "Actual" else text("sms.mark", lang)
    return in_parts(said, longest, mark, "" if lang == ZH else " ")
