"""Serving a node: its ports, and what goes on beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from relto.adapters.clock import NANOS_A_MILLISECOND, SystemClock
from relto.adapters.folder import read_limited
from relto.adapters.keys import FileKeys, read_private, write_private
from relto.adapters.people import SessionLimits
from relto.adapters.verifier import ProcessVerifier
from relto.compose import SETTINGS, arriving_at, open_node, open_people, read_settings, read_toml
from relto.node import Node
from relto.node.key_changes import announce_changes
from relto.serve.settings import ServeSettings, host_and_port, read_serve_settings

if TYPE_CHECKING:
    from relto.adapters.http import PeerContexts
    from relto.serve.clocks import ClockWatch
    from relto.serve.log import Log
    from relto.serve.records import RecordWatch
    from relto.serve.server import Port
    from relto.serve.sparing import Sparing
    from relto.serve.underway import Underway


def serve(
    folder: Path | str,
    passphrase: str,
    environment: Mapping[str, str],
    flags: Mapping[str, object],
    started: Callable[[ServeSettings], None],
) -> None:
    """Serve the node in `folder` until it is told to stop; `started` is called when it listens.

    Raises InputError for settings that are none, an address that cannot be listened on, and as `open_node` does.
    """
    from relto.adapters.http import HttpLink, PeerContexts
    from relto.serve.clocks import ClockWatch
    from relto.serve.duties import DutyWatch
    from relto.serve.peers import peer_app
    from relto.serve.pump import Pump
    from relto.serve.records import RecordWatch
    from relto.serve.server import Port, serve_ports
    from relto.serve.underway import Underway

    root = Path(folder).absolute()
    settings, clock = _settings(root, environment, flags)
    with ExitStack() as open_now:
        log, strangers, failures = _open_logs(settings.log, read_settings(root)[0], open_now)
        underway = Underway(log)
        node = open_node(root, passphrase, clock=clock, progress=underway.tell)
        open_now.callback(node.close)
        assert isinstance(node.keys, FileKeys)
        assert isinstance(node.link, HttpLink)
        contexts = PeerContexts(node.keys, lambda why: strangers("refused a connection", state=why))
        records = RecordWatch(node, log, lambda: node.keys.peers)
        refresh = partial(_refresh, node, contexts, (ClockWatch(node, log), records, strangers, failures))
        pump = Pump(node, partial(_tell_sent, log), refresh, SystemRandom())
        app = peer_app(node, partial(_tell_received, log, strangers), pump.wake, arriving_at(root))
        ports = [Port(app, *host_and_port(settings.peers), contexts.context)]
        if settings.people:
            ports.append(_people_port(root, node, settings, underway, (log, strangers), open_now))
        pump.start()
        open_now.callback(pump.stop)
        open_now.enter_context(records)
        open_now.enter_context(DutyWatch(node, log, pump.wake))
        tell = partial(_tell_refused, strangers)
        serve_ports(ports, partial(_tell_started, log, settings, started), ending=node.link.hurry, refused=tell)


def _settings(
    root: Path, environment: Mapping[str, str], flags: Mapping[str, object]
) -> tuple[ServeSettings, SystemClock | None]:
    """How a node serves, and by which clock; None for the one that a rehearsal has."""
    settings = read_serve_settings(read_toml(root).get("serve", {}), environment, flags, name=str(root / SETTINGS))
    replay = read_settings(root)[1]
    return settings, None if replay else SystemClock(settings.uncertainty_ms * NANOS_A_MILLISECOND)


def _open_logs(form: str, party: str, open_now: ExitStack) -> tuple[Log, Sparing, Sparing]:
    """The log; that of what anybody can bring about; and that of what libraries say and nobody catches, of which the
    former must not take the place."""
    from relto.serve.caught import caught
    from relto.serve.log import open_log
    from relto.serve.sparing import Sparing

    log = open_log(form, party)
    failures = Sparing(log)
    open_now.enter_context(caught(failures))
    return log, Sparing(log), failures


def _tell_started(log: Log, settings: ServeSettings, started: Callable[[ServeSettings], None]) -> None:
    log("serving", peers=settings.peers, people=settings.people)
    started(settings)


def _refresh(node: Node, contexts: PeerContexts, watches: Iterable[ClockWatch | RecordWatch | Sparing]) -> None:
    """Take notice of what other processes of this node have changed: cards, keys, what was noted of the peers."""
    contexts.refresh()
    announce_changes(node)
    for one in watches:
        one.look()


def _tell_received(log: Log, strangers: Log, peer: str, kind: str, state: str) -> None:
    (log if peer else strangers)("received", peer=peer, kind=kind, state=state)


def _tell_refused(strangers: Sparing, address: str, why: str) -> None:
    strangers.tell(address, "refused a request", address=address, state=why)


def _tell_sent(log: Log, peer: str, subject: str, state: str) -> None:
    log("sent", peer=peer, subject=subject, state=state)


def _people_port(
    root: Path, node: Node, settings: ServeSettings, underway: Underway, logs: tuple[Log, Sparing], open_now: ExitStack
) -> Port:
    """The port of the party's own people, under the node's own certificate. `logs`: of all, of what strangers do."""
    from relto.adapters.http import people_context
    from relto.serve.api import ApiSettings, OidcSettings, create_api
    from relto.serve.console import add_desk
    from relto.serve.server import Port
    from relto.serve.warming import Warming

    assert isinstance(node.keys, FileKeys)
    oidc = None
    if settings.oidc_issuer:
        secret = settings.oidc_client_secret_file
        oidc = OidcSettings(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_redirect_uri,
            read_private(root / secret).decode("utf-8").strip() if secret else "",
            settings.oidc_scope,
            settings.oidc_origins,
            root / settings.oidc_ca_file if settings.oidc_ca_file else None,
            settings.oidc_after,
        )
    chosen = ApiSettings(settings.origins, settings.logins_a_minute, metrics=settings.metrics, oidc=oidc)
    clients = read_limited(root / settings.client_ca) if settings.client_ca else b""
    people = open_people(root, SessionLimits(settings.session_seconds, settings.idle_seconds, settings.step_up_seconds))
    open_now.callback(people.close)
    log, strangers = logs
    app = create_api(node, people, chosen, log)
    context = app.state.context
    context.underway, context.strangers = underway, strangers
    context.verifier = open_now.enter_context(ProcessVerifier(root, lambda: node.clock.interval()[1], write_private))
    open_now.enter_context(Warming(context.titles, node.store, log))
    add_desk(app, context)
    return Port(app, *host_and_port(settings.people), people_context(node.keys, clients))
