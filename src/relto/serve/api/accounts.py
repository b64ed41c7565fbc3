"""Accounts: made, changed and disabled by an operator; what was done to them is in the journal."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fastapi import Response

from relto.core.errors import NotFound
from relto.node.answers import account_json, journal_json
from relto.node.people import Account, NotAllowed, check_roles
from relto.serve.api.answers import NodeState
from relto.serve.api.asked import AccountChange, NewAccount, NewPassword
from relto.serve.api.context import Caller, Calling
from relto.serve.api.operation import Operations, answer
from relto.serve.api.paging import Limit, Offset, page
from relto.serve.api.people_answers import Account as AccountAnswer
from relto.serve.api.people_answers import Accounts, Journal

operations: Final = Operations("accounts")


@operations("GET", "/v1/accounts", act="see-accounts", answers={200: Accounts})
def list_accounts(caller: Calling) -> Response:
    """Every account, disabled or not."""
    return answer(
        {"schema": "relto/accounts/1", "accounts": [account_json(one) for one in caller.context.people.accounts()]}
    )


@operations("GET", "/v1/accounts/{identifier}", act="see-accounts", answers={200: AccountAnswer})
def see_account(identifier: str, caller: Calling) -> Response:
    """One account."""
    return answer(account_json(_find(caller, identifier)))


@operations("POST", "/v1/accounts", act="administer-accounts", answers={201: AccountAnswer}, problems=(409,))
def add_account(body: NewAccount, caller: Calling) -> Response:
    """Make an account."""
    context = caller.context
    new = Account(
        id=body.id,
        name=body.name,
        roles=check_roles(tuple(body.roles)),
        certificate=body.certificate,
        issuer=body.issuer,
        subject=body.subject,
    )
    made = context.people.add_account(new, body.password, by=str(caller.acting), at=context.now())
    return answer(account_json(made), 201)


@operations(
    "PATCH", "/v1/accounts/{identifier}", act="administer-accounts", answers={200: AccountAnswer}, problems=(409,)
)
def change_account(identifier: str, body: AccountChange, caller: Calling) -> Response:
    """Change or disable an account, at once. Nobody changes their own: another operator does."""
    _check_not_own(caller, identifier)
    given = body.model_dump(exclude_none=True)
    if "roles" in given:
        given["roles"] = check_roles(tuple(given["roles"]))
    context = caller.context
    changed = context.people.change_account(
        identifier, lambda one: replace(one, **given), by=str(caller.acting), at=context.now()
    )
    return answer(account_json(changed))


@operations("PUT", "/v1/accounts/{identifier}/password", act="administer-accounts", answers={200: AccountAnswer})
def set_password(identifier: str, body: NewPassword, caller: Calling) -> Response:
    """Give an account a new password, or none; its sessions end."""
    context = caller.context
    context.people.set_password(identifier, body.password, by=str(caller.acting), at=context.now())
    return answer(account_json(_find(caller, identifier)))


@operations("GET", "/v1/journal", act="see-journal", answers={200: Journal})
def see_journal(caller: Calling, limit: Limit = 200, offset: Offset = 0) -> Response:
    """What was done to the accounts and what was refused to them, by whom and when; the newest first."""
    rows = caller.context.people.journal()[::-1]
    entries = [journal_json(one) for one in page(rows, limit, offset)]
    return answer({"schema": "relto/journal/1", "total": len(rows), "entries": entries})


@operations("GET", "/v1/node", act="see-state", answers={200: NodeState})
def see_state(caller: Calling) -> Response:
    """How the node does: its clock, its ledger, what is queued, whom it has pinned."""
    node = caller.node
    with node.store.read() as reading:
        lived, size, queued = reading.high_water(), reading.ledger_size(), len(reading.outbox("queued"))
    peers = [
        {
            "party": party,
            "signing_key": card.signing.id,
            "wrapping_key": card.wrapping.id,
            "mldsa_key": card.mldsa_id or None,
        }
        for party, card in sorted(node.keys.peers.items())
    ]
    told = {
        "schema": "relto/state/1",
        "party": node.party,
        "at": str(caller.context.now()),
        "lived_until": None if lived is None else str(lived),
        "ledger": size,
        "queued": queued,
        "accounts": len(caller.context.people.accounts()),
        "peers": peers,
    }
    return answer(told)


def _find(caller: Caller, identifier: str) -> Account:
    found = caller.context.people.account(identifier)
    if found is None:
        raise NotFound(f"no account `{identifier[:60]}`", remedy="list the accounts for their ids")
    return found


def _check_not_own(caller: Caller, identifier: str) -> None:
    if identifier == caller.account.id:
        raise NotAllowed("nobody changes their own account", remedy="ask another operator")
