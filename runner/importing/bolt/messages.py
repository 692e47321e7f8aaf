"""Who is told of Bolt's runs, as channels of the jobs file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from runner.importing.draft import Draft, name_of
from runner.importing.fields import Fields
from runner.importing.reading import mappings_of, text_of, texts_of

EVENTS = {"passed": "success", "failed": "failure", "sla": "sla"}
# Bolt's lists, the channel's kind here, and the variable for its address.
KINDS = {"emails": "email", "slack_channels": "slack", "microsoft_teams": "teams"}
OLD = {"slack": "slack", "email": "email"}
NAMED = "Bolt names a channel, and a jobs file the secret with the channel's webhook"
WEBHOOK = "a channel `webhook` gets each run's record as JSON"


class Messages:
    """What one job says in ``notify``; channels of the same address are one."""

    def __init__(self, draft: Draft, job: dict[str, Any], fields: Fields, path: str) -> None:
        self._draft = draft
        self._job = job
        self._fields = fields
        self._to = f"{path}.notify"

    def convert(self) -> None:
        self._old()
        self._new()
        self._integrations()

    def _new(self) -> None:
        inner = self._fields.inner("notifications")
        for key, kind in KINDS.items():
            given = mappings_of(inner.get(key))
            found = [self._item(kind, each) for each in given]
            if found and all(found):
                inner.translated(key, self._to, _how(kind))
            elif any(found):
                inner.translated(
                    key, self._to, f"{_how(kind)}; what has no address or event is left out"
                )
            else:
                inner.dropped(key, "it names nobody, or no event")
        inner.rest()

    def _item(self, kind: str, item: Mapping[str, Any]) -> bool:
        address = text_of(item.get("channel")) or text_of(item.get("address"))
        return self._tell(kind, address, texts_of(item.get("events")))

    def _old(self) -> None:
        for key, kind in OLD.items():
            notify, on = f"{key}_notify", f"{key}_on"
            addresses, events = texts_of(self._fields.get(notify)), texts_of(self._fields.get(on))
            told = [self._tell(kind, address, events) for address in addresses]
            for each in (notify, on):
                if any(told):
                    self._fields.translated(each, self._to, _how(kind))
                else:
                    self._fields.dropped(each, "it names nobody, or no event")

    def _integrations(self) -> None:
        inner = self._fields.inner("integrations")
        for key in inner:
            if key == "pagerduty" and inner.get(key):
                self._tell("pagerduty", "pagerduty", ["failed"])
                why = "the service of the routing key says who is called, and how urgently"
                hint = "create the secret PAGERDUTY_ROUTING_KEY"
                inner.translated(key, self._to, f"{why}; {hint}")
            else:
                inner.dropped(key, "dbt-gitops has no such channel", WEBHOOK)
        for key in ("hightouch", "self_healing"):
            self._fields.dropped(key, "dbt-gitops starts nothing but dbt", WEBHOOK)

    def _tell(self, kind: str, address: str, events: Iterable[str]) -> bool:
        """Whether somebody is told of something."""
        heard = [EVENTS[event.lower()] for event in events if event.lower() in EVENTS]
        if kind == "email" and "@" not in address:
            return False
        if not address or not heard:
            return False
        notify = self._job.setdefault("notify", {})
        told = notify.setdefault(self._channel(kind, address), [])
        told += [event for event in heard if event not in told]
        return True

    def _channel(self, kind: str, address: str) -> str:
        body = {kind: _address(kind, address)}
        channels = self._draft.notifications
        for name, other in channels.items():
            if other == body:
                return name
        name = name_of(address, channels, kind)
        channels[name] = body
        if kind != "email":
            secret = body[kind].removeprefix("$")
            self._draft.comments["notifications", name] = f"{address}: create the secret {secret}"
        return name


def _how(kind: str) -> str:
    how = "a channel of its own" if kind == "email" else NAMED
    return f"{how}; this version sends none yet"


def _address(kind: str, address: str) -> str:
    if kind == "email":
        return re.sub(r"\s", "", address)
    if kind == "pagerduty":
        return "$PAGERDUTY_ROUTING_KEY"
    return f"${kind.upper()}_{name_of(address, (), 'channel').upper().replace('-', '_')}"
