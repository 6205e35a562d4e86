"""One fake key and one fake secret, and every form in which they must not be found."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

from markupsafe import escape

KEY = "sk_sweep/0+key=Ab12Cd34Ef56"
ENV_SECRET = "hf_sweep 5e&cret/with+odd=<chars>中"


def forms(secret):
    """Return a secret in plain, percent, base64, repr, JSON and HTML form."""
    raw = secret.encode()
    inside = [base64.b64encode(b"x" * shift + raw)[4:-4].decode() for shift in range(3)]
    plain = {secret, repr(secret)[1:-1], html.escape(secret), html.escape(repr(secret)[1:-1])}
    plain |= {str(escape(secret)), str(escape(repr(secret)[1:-1]))}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], ascii(secret)[1:-1]}
    percent = {quote(secret), quote(secret, safe=""), quote_plus(secret), quote(secret).lower()}
    urlsafe = {one.replace("+", "-").replace("/", "_") for one in inside}
    return plain | escaped | percent | {*inside} | urlsafe


def hits(text):
    """Return which of the two shows in a text, in any form."""
    return [one for secret in (KEY, ENV_SECRET) for one in forms(secret) if one in text]
