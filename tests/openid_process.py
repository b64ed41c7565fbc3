"""`python -m tests.openid_process CERTIFICATE PORT CLIENT SECRET BACK`: an OpenID provider over TLS, until stdin ends.

Authlib on Flask, not a word of relto's in it. What it does wrong is told to it through `/amiss`, a door that no real
provider has: claims of its own, another algorithm, codes that are not bound to who asked for them (no PKCE).
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import os
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, ClassVar

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc.jwk import ECKey, OKPKey, RSAKey
from werkzeug.serving import make_server


@dataclass
class Client:
    """The node as the provider knows it: by its secret, and with one return address."""

    client_id: str
    secret: str
    back: str

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str) -> str:
        return "openid" if "openid" in scope.split() else ""

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == self.back

    def check_client_secret(self, secret: str) -> bool:
        return secret == self.secret

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


@dataclass
class Code:
    """A code that was given out, and to what it is bound."""

    code: str
    subject: str
    back: str
    nonce: str
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.back

    def get_scope(self) -> str:
        return "openid"

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    get_acr = get_amr = get_auth_time


def new_keys() -> dict[str, Any]:
    """A key for each algorithm."""
    turn = os.urandom(4).hex()
    return {
        "RS256": RSAKey.generate_key(2048, {"kid": f"rsa-{turn}"}),
        "ES256": ECKey.generate_key("P-256", {"kid": f"ec-{turn}"}),
        "EdDSA": OKPKey.generate_key("Ed25519", {"kid": f"okp-{turn}"}),
    }


@dataclass
class State:
    """What the provider remembers."""

    issuer: str = ""
    codes: dict[str, Code] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=new_keys)
    amiss: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


STATE = State()
app = Flask("provider")


class Codes(AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes are taken once."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = ["client_secret_basic"]

    def save_authorization_code(self, code: str, asked: Any) -> None:
        data = asked.payload.data
        bound = (data.get("code_challenge"), data.get("code_challenge_method"))
        bound = (None, None) if STATE.amiss.get("unbound") else bound
        STATE.codes[code] = Code(code, asked.user, asked.payload.redirect_uri, data.get("nonce", ""), *bound)

    def query_authorization_code(self, code: str, _client: Client) -> Code | None:
        return STATE.codes.get(code)

    def delete_authorization_code(self, code: Code) -> None:
        del STATE.codes[code.code]

    def authenticate_user(self, code: Code) -> str:
        return code.subject


class Bound(CodeChallenge):  # type: ignore[misc]
    """PKCE, unless it does that amiss."""

    def validate_code_verifier(self, grant: Any, result: Any) -> None:
        if not STATE.amiss.get("unbound"):
            super().validate_code_verifier(grant, result)


class Tokens(OpenIDCode):  # type: ignore[misc]
    """ID tokens, with what it does amiss in them."""

    def exists_nonce(self, _nonce: str, _asked: Any) -> bool:
        return False

    def generate_user_info(self, subject: str, _scope: str) -> dict[str, Any]:
        return {"sub": subject, **STATE.amiss.get("claims", {})}

    def get_client_algorithm(self, _client: Client) -> str:
        return str(STATE.amiss.get("alg", "ES256"))

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": STATE.issuer, "aud": [client.client_id]}

    def get_encode_header(self, client: Client) -> dict[str, str]:
        alg = self.get_client_algorithm(client)
        return {"alg": alg, "kid": STATE.keys[alg].kid}

    def resolve_client_private_key(self, client: Client) -> Any:
        return STATE.keys[self.get_client_algorithm(client)]

    def encode_id_token(self, token: dict[str, Any], asked: Any) -> str:
        made = str(super().encode_id_token(token, asked))
        alg = STATE.amiss.get("forge")
        return made if alg is None else forged(made, alg, STATE.keys["ES256"].as_pem(private=False))


def forged(token: str, alg: str, public: bytes) -> str:
    """A token as an attacker would make it of another's: unsigned, or with the public key taken for a shared one."""
    header, claims, _ = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(header + "=="))
    begun = f"{_base64url(json.dumps(told | {'alg': alg}).encode())}.{claims}"
    signature = hmac.digest(public, begun.encode(), "sha256") if alg == "HS256" else b""
    return f"{begun}.{_base64url(signature)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@app.get("/.well-known/openid-configuration")
def discovery() -> Response:
    own = {name: f"{STATE.issuer}/{path}" for name, path in PATHS.items()}
    return jsonify({"issuer": STATE.issuer, **own, **STATE.amiss.get("discovery", {})})


PATHS = {"jwks_uri": "keys", "authorization_endpoint": "authorize", "token_endpoint": "token"}


@app.get("/keys")
def keys() -> Response:
    return jsonify({"keys": [{**one.as_dict(private=False), "use": "sig"} for one in STATE.keys.values()]})


@app.get("/authorize")
def authorize() -> Any:
    """The page where a person signs in; it asks nothing, for the browser says who it is."""
    person = request.cookies["person"]
    grant = app.extensions["server"].get_consent_grant(end_user=person)
    return app.extensions["server"].create_authorization_response(grant=grant, grant_user=person)


@app.post("/token")
def token() -> Any:
    answer = app.extensions["server"].create_token_response()
    if answer.status_code != 200:
        STATE.said.append(str(json.loads(answer.get_data()).get("error_description", "")))
    return answer


@app.post("/amiss")
def amiss() -> Response:
    STATE.amiss = request.get_json()
    return jsonify({})


@app.post("/rotate")
def rotate() -> Response:
    STATE.keys = new_keys()
    return jsonify({})


@app.post("/said")
def said() -> Response:
    return jsonify({"said": STATE.said})


def main(certificate: str, port: str, *client: str) -> None:
    """Serve one client until stdin ends; the port is told on stdout."""
    logging.disable()
    known = Client(*client)
    granting = AuthorizationServer(app, {known.client_id: known}.get, lambda *_: None)
    granting.register_grant(Codes, [Bound(required=True), Tokens(require_nonce=True)])
    app.extensions["server"] = granting
    server = make_server("127.0.0.1", int(port), app, threaded=True, ssl_context=(certificate, certificate))
    STATE.issuer = f"https://127.0.0.1:{server.server_port}"
    print(server.server_port, flush=True)  # noqa: T201
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
