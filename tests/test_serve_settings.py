"""Settings of a serving node: which place counts, and that what is wrong is refused in one clear line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relto.core.errors import InputError
from relto.serve.settings import SETTINGS, ServeSettings, flag_of, read_serve_settings, variable_of
from relto.serving import serve

OTHER: dict[str, tuple[Any, Any, Any]] = {
    "address": ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"),
    "address or nothing": ("127.0.0.1:1", "127.0.0.1:2", ""),
    "number": (61, 62, 63),
    "word": ("plain", "none", "json"),
    "switch": (False, True, False),
    "text": ("one", "two", "three"),
    "list": (("https://a.example",), ("https://b.example", "https://c.example"), ("https://d.example",)),
}


def as_text(value: Any) -> str:
    """A value as an environment variable gives it."""
    return (
        ",".join(value) if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else str(value)
    )


@pytest.mark.parametrize("key", SETTINGS)
def test_a_flag_counts_before_the_environment_and_that_before_the_file(key: str) -> None:
    in_file, in_environment, in_flag = OTHER[SETTINGS[key].kind]
    table = {key: list(in_file) if isinstance(in_file, tuple) else in_file}
    environment = {variable_of(key): as_text(in_environment), "RELTO_PASSPHRASE": "x", "PATH": "/bin"}
    flags = {key: as_text(in_flag) if isinstance(in_flag, tuple) else in_flag}
    nothing = dict.fromkeys(SETTINGS)
    assert getattr(read_serve_settings({}, {}, nothing), key) == getattr(ServeSettings(), key)
    assert getattr(read_serve_settings(table, {}, nothing), key) == in_file
    assert getattr(read_serve_settings(table, environment, nothing), key) == in_environment
    assert getattr(read_serve_settings(table, environment, flags), key) == in_flag
    assert getattr(read_serve_settings(table, {}, flags), key) == in_flag
    others = [one for one in SETTINGS if one != key]
    all_three = read_serve_settings(table, environment, flags)
    assert [getattr(all_three, one) for one in others] == [getattr(ServeSettings(), one) for one in others]


WRONG: list[tuple[dict[str, Any], dict[str, str], dict[str, Any], str]] = [
    ({"port": 1}, {}, {}, "node.toml: unknown setting `port`; known: peers, people"),
    ({"peers": ""}, {}, {}, "node.toml: serve.peers: `` is no address of a node; give host:port"),
    ({"peers": 7400}, {}, {}, "node.toml: serve.peers: `peers` is no address; give host:port"),
    ({"people": "localhost"}, {}, {}, "node.toml: serve.people: `localhost` is no address of a node"),
    ({"uncertainty_ms": True}, {}, {}, "`uncertainty_ms` is no number in its range; give 0 to 60000"),
    ({"uncertainty_ms": "250"}, {}, {}, "`uncertainty_ms` is no number"),
    ({"uncertainty_ms": 60_001}, {}, {}, "give 0 to 60000"),
    ({"metrics": "yes"}, {}, {}, "`metrics` is neither true nor false; say true or false"),
    ({"origins": "https://a.example"}, {}, {}, "`origins` is no list of texts"),
    ({"origins": [1]}, {}, {}, "`origins` is no list of texts"),
    ({"log": "loud"}, {}, {}, "node.toml: serve.log: `log` is `loud`; use one of json, plain, none"),
    ({"client_ca": 7}, {}, {}, "`client_ca` is no text"),
    (
        {},
        {"RELTO_SERVE_PORT": "1"},
        {},
        "unknown setting `RELTO_SERVE_PORT` in the environment; known: RELTO_SERVE_PEERS",
    ),
    ({}, {"RELTO_SERVE_peers": "127.0.0.1:1"}, {}, "unknown setting `RELTO_SERVE_peers`"),
    ({}, {"RELTO_SERVE_METRICS": "1"}, {}, "RELTO_SERVE_METRICS: `metrics` is neither true nor false"),
    ({}, {"RELTO_SERVE_UNCERTAINTY_MS": "-1"}, {}, "RELTO_SERVE_UNCERTAINTY_MS: `uncertainty_ms` is no number"),
    ({}, {"RELTO_SERVE_UNCERTAINTY_MS": "9" * 5000}, {}, "`uncertainty_ms` is no number"),
    ({}, {"RELTO_SERVE_OIDC_SCOPE": "open\nid"}, {}, "RELTO_SERVE_OIDC_SCOPE: `oidc_scope` is no text"),
    ({}, {}, {"logins_a_minute": 0}, "--logins-a-minute: `logins_a_minute` is no number in its range; give 1 to 10000"),
    ({}, {}, {"peers": "127.0.0.1:0"}, "--peers: `127.0.0.1:0` is no address"),
]


@pytest.mark.parametrize(("table", "environment", "flags", "says"), WRONG)
def test_what_is_wrong_is_refused_in_one_line_that_names_its_place(
    table: dict[str, Any], environment: dict[str, str], flags: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_serve_settings(table, environment, flags)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_setting_has_its_row_in_the_operators_table() -> None:
    text = (Path(__file__).parent.parent / "docs" / "operator.md").read_text("utf-8")
    for key, takes in SETTINGS.items():
        default = getattr(ServeSettings(), key)
        shown = {True: "true", (): "", "": ""}.get(default, default)
        assert f"| `{key}` | {f'`{shown}`' if shown != '' else ''} | {takes.says} |".replace("  ", " ") in text, key
        assert (variable_of(key), flag_of(key)) == (f"RELTO_SERVE_{key.upper()}", f"--{key.replace('_', '-')}")


def test_a_node_does_not_serve_with_settings_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text('relto = "node/1"\nparty = "KOR"\nreplay = true\n[serve]\nlog = "loud"\n')
    with pytest.raises(InputError, match=r"node\.toml: serve\.log: `log` is `loud`"):
        serve(tmp_path, "x", {}, {}, lambda _: None)
