"""`relto account`: the people of a node. What is done here is done by the operator at the console, and journalled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from relto.adapters.people import SqlitePeople
from relto.cli.opening import password_for
from relto.cli.options import json_option, node_option
from relto.cli.output import columns, print_json, safe, to_the_second
from relto.core.errors import InputError
from relto.core.timeline import Instant
from relto.node.answers import account_json, journal_json
from relto.node.people import ROLES, Account, Role, check_roles

_password_file = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file (mode 600) with the password (default: asked at the terminal).",
)
_certificate = click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The client certificate they are known by (PEM or DER).",
)
_issuer = click.option("--issuer", default="", metavar="URL", help="The OpenID provider that knows them.")
_subject = click.option("--subject", default="", metavar="SUB", help="What that provider calls them.")
_identifier = click.argument("identifier", metavar="ID")


@click.group()
def account() -> None:
    """Accounts of a node's own people, and their roles.

    \b
    Roles: desk-officer, releasing-authority, security-officer, analyst, operator, auditor.
    Example:
      relto account add lee --name "Lee Ji-won" --role releasing-authority --node kor
      relto account disable lee --node kor
    """


@account.command()
@_identifier
@click.option("--name", default="", metavar="NAME", help="The person's name (default: the id).")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="What they may do.")
@_password_file
@click.option("--no-password", is_flag=True, help="They sign in by certificate or OpenID alone.")
@_certificate
@_issuer
@_subject
@node_option
@json_option
def add(
    identifier: str,
    name: str,
    roles: tuple[Role, ...],
    password_file: Path | None,
    no_password: bool,
    certificate: Path | None,
    issuer: str,
    subject: str,
    node_dir: Path,
    as_json: bool,
) -> None:
    """Make an account, with the roles it needs and no more.

    \b
    Example:
      relto account add kim --role desk-officer --password-file kim.txt --node kor
      relto account add choi --role security-officer --no-password --certificate choi.pem --node kor
    """
    new = Account(identifier, name or identifier, check_roles(roles), issuer=issuer, subject=subject)
    new = replace(new, certificate=_fingerprint(certificate)) if certificate is not None else new
    password = None if no_password else password_for(identifier, password_file, new=True)
    with _people(node_dir) as (people, by, at):
        _told(people.add_account(new, password, by=by, at=at), as_json)


@account.command(name="list")
@node_option
@json_option
def list_(node_dir: Path, as_json: bool) -> None:
    """List the accounts: roles, how each signs in, and which are disabled.

    \b
    Example:
      relto account list --node kor
    """
    with _people(node_dir) as (people, _, _):
        found = people.accounts()
    if as_json:
        for one in found:
            print_json(account_json(one))
    elif not found:
        click.echo("no accounts yet; make the first with `relto account add ID --role operator`")
    else:
        click.echo("\n".join(columns([_row(one) for one in found])))


@account.command()
@_identifier
@click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES))
@node_option
@json_option
def role(identifier: str, roles: tuple[Role, ...], node_dir: Path, as_json: bool) -> None:
    """Give an account these roles instead of those it has; its sessions end.

    \b
    Example:
      relto account role kim desk-officer analyst --node kor
    """
    _change(node_dir, identifier, as_json, roles=check_roles(roles))


@account.command()
@_identifier
@_certificate
@_issuer
@_subject
@node_option
@json_option
def identify(
    identifier: str, certificate: Path | None, issuer: str, subject: str, node_dir: Path, as_json: bool
) -> None:
    """Say by which client certificate, and by what OpenID subject, an account is known; what is left out, by none.

    \b
    Example:
      relto account identify choi --certificate choi.pem --node kor
    """
    known = _fingerprint(certificate) if certificate is not None else ""
    _change(node_dir, identifier, as_json, certificate=known, issuer=issuer, subject=subject)


@account.command()
@_identifier
@node_option
@json_option
def disable(identifier: str, node_dir: Path, as_json: bool) -> None:
    """Disable an account: at once, its sessions end, in a node that is being served too.

    \b
    Example:
      relto account disable kim --node kor
    """
    _change(node_dir, identifier, as_json, disabled=True)


@account.command()
@_identifier
@node_option
@json_option
def enable(identifier: str, node_dir: Path, as_json: bool) -> None:
    """Enable an account again; it has to sign in anew.

    \b
    Example:
      relto account enable kim --node kor
    """
    _change(node_dir, identifier, as_json, disabled=False)


@account.command()
@_identifier
@_password_file
@click.option("--none", "no_password", is_flag=True, help="Leave it without one.")
@node_option
@json_option
def password(identifier: str, password_file: Path | None, no_password: bool, node_dir: Path, as_json: bool) -> None:
    """Give an account a new password; its sessions end.

    \b
    Example:
      relto account password kim --node kor
    """
    chosen = None if no_password else password_for(identifier, password_file, new=True)
    with _people(node_dir) as (people, by, at):
        people.set_password(identifier, chosen, by=by, at=at)
        found = people.account(identifier)
        assert found is not None
        _told(found, as_json)


@account.command()
@node_option
@json_option
def journal(node_dir: Path, as_json: bool) -> None:
    """What was done to the accounts, and what was refused to those who hold them.

    \b
    Example:
      relto account journal --node kor
    """
    with _people(node_dir) as (people, _, _):
        rows = people.journal()
    if as_json:
        for row in rows:
            print_json({"schema": "relto/journal-entry/1", **journal_json(row)})
    else:
        told = [(to_the_second(one.at), one.by, one.about, one.act) for one in rows]
        click.echo("\n".join(columns([tuple(safe(part) for part in row) for row in told])))


@contextmanager
def _people(node_dir: Path) -> Iterator[tuple[SqlitePeople, str, Instant]]:
    """The people of a node, who acts at its console, and now."""
    from relto.compose import clock_of, console_actor, open_people

    by, at = console_actor(node_dir), clock_of(node_dir).interval()[1]
    people = open_people(node_dir)
    try:
        yield people, by, at
    finally:
        people.close()


def _change(node_dir: Path, identifier: str, as_json: bool, **what: object) -> None:
    with _people(node_dir) as (people, by, at):
        changed = people.change_account(
            identifier,
            lambda one: replace(one, **what),  # type: ignore[arg-type]
            by=by,
            at=at,
        )
    _told(changed, as_json)


def _told(found: Account, as_json: bool) -> None:
    if as_json:
        print_json(account_json(found))
    else:
        click.echo("  ".join(_row(found)))


def _row(one: Account) -> tuple[str, ...]:
    known = [way for way, has in (("password", one.has_password), ("certificate", one.certificate)) if has]
    known += [f"OpenID {safe(one.issuer)}"] if one.issuer else []
    state = "disabled" if one.disabled else "enabled"
    return one.id, safe(one.name), ", ".join(one.roles), ", ".join(known) or "no way to sign in", state


def _fingerprint(path: Path) -> str:
    """The SHA-256 of the certificate in a file."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from relto.adapters.folder import read_limited

    data = read_limited(path)
    try:
        found = (
            x509.load_pem_x509_certificate if data.lstrip().startswith(b"-----") else x509.load_der_x509_certificate
        )(data)
    except ValueError as error:
        raise InputError(f"`{path}` is no certificate", remedy="give its certificate as PEM or DER") from error
    return hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest()
