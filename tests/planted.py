"""Secrets that never were: invented keys of many kinds planted in code of many languages, and what only looks like one.

Every value is put together when this runs, from a seed, so that no scanner finds a key in this repository; none of them ever opened
anything. What each document should lose stands beside it.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from typing import NamedTuple

R = random.Random
LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
WORD = LOWER + UPPER + DIGITS
HEX = DIGITS + "abcdef"
URL = WORD + "-_"
SYMBOLS = "!@#%^&*-_=+?.~"


class Planted(NamedTuple):
    """A document, and the texts that must not stand in it afterwards."""

    kind: str
    data: bytes
    secrets: tuple[bytes, ...]


def some(r: R, size: int, letters: str = WORD) -> str:
    """Random letters."""
    return "".join(r.choices(letters, k=size))


def uuid(r: R) -> str:
    """A version 4 identifier."""
    return "-".join(some(r, size, HEX) for size in (8, 4, 4, 4, 12))


def coded(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


def jwt(r: R) -> str:
    """Header, claims and signature."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": some(r, 10, DIGITS), "name": some(r, 8), "iat": r.randrange(10**9)}]
    return ".".join([*(coded(json.dumps(part).encode()).rstrip("=") for part in parts), some(r, 43, URL)])


STRUCTURED: dict[str, Callable[[R], str]] = {
    "aws-access-key": lambda r: "AK" + "IA" + some(r, 16, UPPER + "234567"),
    "aws-temporary-key": lambda r: "AS" + "IA" + some(r, 16, UPPER + "234567"),
    "gcp-api-key": lambda r: "AI" + "za" + some(r, 35, URL),
    "gcp-oauth-secret": lambda r: "GOC" + "SPX-" + some(r, 28, URL),
    "azure-client-secret": lambda r: some(r, 3) + "8Q" + "~" + some(r, 34),
    "azure-storage-key": lambda r: "DefaultEndpointsProtocol=https;AccountName=acme;Account" + "Key=" + coded(r.randbytes(64)),
    "digitalocean": lambda r: "dop" + "_v1_" + some(r, 64, HEX),
    "heroku": lambda r: "HR" + "KU-" + uuid(r),
    "alibaba": lambda r: "LT" + "AI" + some(r, 20),
    "netlify": lambda r: "nf" + "p_" + some(r, 36),
    "terraform": lambda r: some(r, 14) + ".atlas" + "v1." + some(r, 67, URL),
    "vault": lambda r: "hv" + "s." + some(r, 90, URL),
    "databricks": lambda r: "da" + "pi" + some(r, 32, HEX),
    "doppler": lambda r: "dp" + ".pt." + some(r, 43),
    "github-personal": lambda r: "gh" + "p_" + some(r, 36),
    "github-app": lambda r: "gh" + "s_" + some(r, 36),
    "github-fine-grained": lambda r: "github" + "_pat_" + some(r, 22) + "_" + some(r, 59),
    "gitlab": lambda r: "gl" + "pat-" + some(r, 20, URL),
    "bitbucket": lambda r: "AT" + "BB" + some(r, 32),
    "npm": lambda r: "np" + "m_" + some(r, 36),
    "pypi": lambda r: "py" + "pi-AgEIcHlwaS5vcmc" + some(r, 90, URL),
    "rubygems": lambda r: "ruby" + "gems_" + some(r, 48, HEX),
    "docker-hub": lambda r: "dckr" + "_pat_" + some(r, 27, URL),
    "postman": lambda r: "PM" + "AK-" + some(r, 24, HEX) + "-" + some(r, 34, HEX),
    "stripe-live": lambda r: "sk" + "_live_" + some(r, 24),
    "stripe-restricted": lambda r: "rk" + "_live_" + some(r, 99),
    "stripe-webhook": lambda r: "wh" + "sec_" + some(r, 32),
    "square": lambda r: "sq0" + "atp-" + some(r, 22, URL),
    "shopify": lambda r: "shp" + "at_" + some(r, 32, HEX),
    "braintree": lambda r: "access" + "_token$production$" + some(r, 16, LOWER + DIGITS) + "$" + some(r, 32, HEX),
    "slack-bot": lambda r: "xo" + f"xb-{some(r, 12, DIGITS)}-{some(r, 12, DIGITS)}-{some(r, 24)}",
    "slack-webhook": lambda r: "https://hooks.slack" + f".com/services/T{some(r, 8, UPPER)}/B{some(r, 8, UPPER)}/{some(r, 24)}",
    "discord-webhook": lambda r: "https://discord" + f".com/api/webhooks/{some(r, 18, DIGITS)}/{some(r, 68, URL)}",
    "telegram": lambda r: some(r, 9, DIGITS) + ":A" + "A" + some(r, 33, URL),
    "twilio": lambda r: "S" + "K" + some(r, 32, HEX),
    "linear": lambda r: "lin" + "_api_" + some(r, 40),
    "sendgrid": lambda r: "S" + "G." + some(r, 22, URL) + "." + some(r, 43, URL),
    "mailgun": lambda r: "ke" + "y-" + some(r, 32, HEX),
    "mailchimp": lambda r: some(r, 32, HEX) + "-u" + f"s{r.randrange(1, 22)}",
    "brevo": lambda r: "xkey" + "sib-" + some(r, 64, HEX) + "-" + some(r, 16),
    "openai": lambda r: "sk" + "-proj-" + some(r, 74, URL) + "T3Blbk" + "FJ" + some(r, 74, URL),
    "anthropic": lambda r: "sk-" + "ant-api03-" + some(r, 93, URL) + "AA",
    "hugging-face": lambda r: "h" + "f_" + some(r, 34),
    "groq": lambda r: "gs" + "k_" + some(r, 52),
    "grafana": lambda r: "gl" + "sa_" + some(r, 32) + "_" + some(r, 8, HEX),
    "newrelic": lambda r: "NR" + "AK-" + some(r, 27, UPPER + DIGITS),
    "jwt": jwt,
    "sourcegraph": lambda r: "sg" + "p_" + some(r, 40, HEX),
    "one-password": lambda r: "op" + "s_ey" + "J" + some(r, 120),
    "facebook": lambda r: "EA" + "AC" + some(r, 120),
    "age": lambda r: "AGE-SECRET" + "-KEY-1" + some(r, 58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
}
"""51 kinds with a form of their own."""
PART = {"slack-webhook": "/", "discord-webhook": "/", "azure-storage-key": "Key="}
"""Kinds of which only what follows the last of these is secret."""


def secret_part(kind: str, value: str) -> str:
    """What of a value opens something."""
    return value.rpartition(PART[kind])[2] if kind in PART else value


NAMES = ("config", "client", "SERVICE_KEY", "settings.value", "credentials", "gateway", "first")
PLACES: dict[str, Callable[[R, str], str]] = {
    "python": lambda r, v: f'import os\n\n{r.choice(NAMES).split(".")[0]} = "{v}"\n\n\ndef connect():\n    return open(os.devnull)\n',
    "python-call": lambda r, v: f"client = Client(region='eu-west-1', key='{v}')\nclient.run()\n",
    "ruby": lambda r, v: f"Acme.configure do |config|\n  config.{r.choice(('key', 'api', 'login'))} = '{v}'\nend\n",
    "ruby-hash": lambda r, v: f'OPTIONS = {{ region: "eu", value: "{v}" }}.freeze\n',
    "javascript": lambda r, v: f"const client = new Client('{v}');\nmodule.exports = {{ client }};\n",
    "typescript": lambda r, v: f'export const value: string = "{v}";\n',
    "java": lambda r, v: f'class Settings {{\n    static final String VALUE = "{v}";\n}}\n',
    "go": lambda r, v: f'package main\n\nvar value = "{v}"\n\nfunc main() {{ run(value) }}\n',
    "c": lambda r, v: f'#include <stdio.h>\nstatic const char *value = "{v}";\nint main(void) {{ return 0; }}\n',
    "c-sharp": lambda r, v: f'var options = new Options {{ Value = "{v}" }};\n',
    "php": lambda r, v: f"<?php\nreturn ['value' => '{v}'];\n",
    "rust": lambda r, v: f'const VALUE: &str = "{v}";\n',
    "yaml": lambda r, v: f"production:\n  region: eu\n  value: {v}\n",
    "json": lambda r, v: json.dumps({"region": "eu", "value": v}, indent=2) + "\n",
    "env": lambda r, v: f"REGION=eu\nVALUE={v}\nPORT=3000\n",
    "ini": lambda r, v: f"[service]\nvalue = {v}\n",
    "xml": lambda r, v: f"<settings>\n  <value>{v}</value>\n</settings>\n",
    "shell": lambda r, v: f"#!/bin/sh\nexport VALUE='{v}'\nrun --key \"$VALUE\"\n",
    "diff": lambda r, v: f'--- a/app.py\n+++ b/app.py\n@@ -1,2 +1,2 @@\n-value = "{v}"\n+value = os.environ["VALUE"]\n',
    "notebook": lambda r, v: json.dumps({"cells": [{"cell_type": "code", "source": [f'client = Client("{v}")\n', "client.run()\n"]}]}),
    "comment": lambda r, v: f"def run():\n    # works with {v} for now\n    return 1\n",
    "markdown": lambda r, v: f"## Setup\n\nUse `{v}` until the new one comes.\n",
    "url": lambda r, v: f'fetch("https://api.acme.io/v1/run?value={v}")\n',
    "sql": lambda r, v: f"INSERT INTO settings (name, value) VALUES ('gateway', '{v}');\n",
}


def structured(seed: int = 1, each: int = 13) -> Iterator[Planted]:
    """Every kind in `each` places; about one in eight is split over two literals, or encoded in base64."""
    r = R(seed)
    for kind, make in STRUCTURED.items():
        for number in range(each):
            value = make(r)
            secret = secret_part(kind, value)
            if number == each - 1 and len(value) >= 24:
                text = coded(value.encode())
                yield Planted(kind + ", base64", PLACES["yaml"](r, text).encode(), (text.encode(),))
            elif number == each - 2:
                at = r.randrange(6, len(value) - 6)
                joint = r.choice(("' + '", "' +\n    '", "' '", "'\n    '"))
                document = f"value = ('{value[:at]}{joint}{value[at:]}')\n"
                left = tuple(part.encode() for part in (value[:at], value[at:]) if len(part) > 11 and part in secret)
                yield Planted(kind + ", split", document.encode(), left or (value[at:].encode(),))
            else:
                place = r.choice(list(PLACES))
                yield Planted(f"{kind}, {place}", PLACES[place](r, value).encode(), (secret.encode(),))


KEYS = (
    "password", "db_password", "DATABASE_PASSWORD", "smtpPassword", "passphrase", "secret", "client_secret",
    "SECRET_KEY", "secret_key_base", "api_key", "apiKey", "API_KEY", "auth_token", "accessToken",
    "ACCESS_TOKEN", "encryption_key", "signing_key", "webhook_secret", "master_key", "app_secret",
)  # fmt: skip
ASSIGNED: dict[str, Callable[[str, str], str]] = {
    "python": lambda k, v: f'{k} = "{v}"\n',
    "python-dict": lambda k, v: f"settings = {{'host': 'db', '{k}': '{v}'}}\n",
    "python-item": lambda k, v: f'os.environ["{k}"] = "{v}"\n',
    "python-argument": lambda k, v: f'connect(host="db", {k}="{v}")\n',
    "python-default": lambda k, v: f'value = os.environ.get("{k}", "{v}")\n',
    "ruby": lambda k, v: f"config.{k} = '{v}'\n",
    "ruby-hash": lambda k, v: f'connect host: "db", {k}: "{v}"\n',
    "ruby-rocket": lambda k, v: f"{{ :{k} => '{v}' }}\n",
    "ruby-fetch": lambda k, v: f'ENV.fetch("{k}", "{v}")\n',
    "javascript": lambda k, v: f"const {k} = '{v}';\n",
    "javascript-object": lambda k, v: f"const options = {{ host: 'db', {k}: '{v}' }};\n",
    "typescript": lambda k, v: f'const {k}: string = "{v}";\n',
    "java": lambda k, v: f'private static final String {k} = "{v}";\n',
    "java-call": lambda k, v: f'properties.put("{k}", "{v}");\n',
    "go": lambda k, v: f'{k} := "{v}"\n',
    "go-struct": lambda k, v: f'cfg := Config{{{k}: "{v}"}}\n',
    "c": lambda k, v: f'#define {k} "{v}"\n',
    "c-sharp": lambda k, v: f'public string {k} {{ get; set; }} = "{v}";\n',
    "php": lambda k, v: f"${k} = '{v}';\n",
    "php-array": lambda k, v: f"return ['{k}' => '{v}'];\n",
    "rust": lambda k, v: f'let {k}: &str = "{v}";\n',
    "yaml": lambda k, v: f"production:\n  {k}: {v}\n",
    "yaml-quoted": lambda k, v: f'production:\n  {k}: "{v}"\n',
    "json": lambda k, v: json.dumps({k: v}, indent=2) + "\n",
    "env": lambda k, v: f"PORT=3000\n{k}={v}\n",
    "properties": lambda k, v: f"service.{k}={v}\n",
    "shell": lambda k, v: f"export {k}='{v}'\n",
    "xml": lambda k, v: f"<settings><{k}>{v}</{k}></settings>\n",
    "xml-add": lambda k, v: f'<add key="{k}" value="{v}" />\n',
    "sql": lambda k, v: f"CREATE USER app IDENTIFIED BY '{v}';\n",
    "sql-postgres": lambda k, v: f"ALTER ROLE app WITH PASSWORD '{v}';\n",
    "cobol": lambda k, v: f'           MOVE "{v}" TO WS-PASSWORD.\n',
    "basic": lambda k, v: f'Const {k} As String = "{v}"\n',
    "diff": lambda k, v: f'-{k} = "{v}"\n+{k} = fetch()\n',
    "notebook": lambda k, v: json.dumps({"cells": [{"source": [f'{k} = "{v}"\n']}]}),
    "connection": lambda k, v: f'db = "Server=db;Database=shop;User Id=app;Password={v};"\n',
    "url": lambda k, v: f'db = "postgres://app:{v}@db.internal:5432/shop"\n',
    "curl": lambda k, v: f"curl -u app:{v} https://api.acme.io/v1\n",
    "curl-lines": lambda k, v: f"curl -X POST https://api.acme.io/v1 \\\n  -d world \\\n  --user app:{v}\n",
    "header": lambda k, v: f"headers = {{'X-Api-Token': '{v}'}}\n",
    "header-line": lambda k, v: f'curl -H "X-Acme-ApiKey: {v}" https://api.acme.io\n',
    "comparison": lambda k, v: f'if ({k} === "{v}") {{\n',
    "comparison-reversed": lambda k, v: f'if ("{v}" == user.{k}) {{\n',
    "c-array": lambda k, v: f'char {k}[64] = "{v}";\n',
}
BARE = {"yaml", "env", "properties", "xml", "connection", "url", "curl", "curl-lines", "header", "header-line"}
"""Places where a value stands without quotes: it has only letters and digits there, as values do that people put there."""
VALUES: tuple[Callable[[R], str], ...] = (
    lambda r: some(r, r.randrange(16, 41)),
    lambda r: some(r, r.choice((32, 40, 64)), HEX),
    lambda r: coded(r.randbytes(r.choice((24, 30, 48)))),
    lambda r: some(r, r.randrange(14, 25), WORD + SYMBOLS),
    lambda r: some(r, 24, URL),
    lambda r: some(r, 50, LOWER + DIGITS + "!@#$%^&*(-_=+)"),
    lambda r: some(r, 4) + r.choice("!@#%") + some(r, 4, DIGITS) + r.choice("-_.") + some(r, 5),
)


def generic(seed: int = 2, count: int = 600) -> Iterator[Planted]:
    """Values without a form of their own, given to a name that says what they are."""
    r = R(seed)
    for number in range(count):
        place = list(ASSIGNED)[number % len(ASSIGNED)]
        value = r.choice(VALUES[:2] if place in BARE else VALUES)(r).lstrip("-=.%#")
        yield Planted(f"generic, {place}", ASSIGNED[place](r.choice(KEYS), value).encode(), (value.encode(),))


FRAMES = ("RSA ", "EC ", "DSA ", "", "ENCRYPTED ", "OPENSSH ")


def key(r: R, label: str, size: int = 0) -> tuple[list[str], list[str]]:
    """The lines of a private key, and those of its body; the bytes are random."""
    width = 70 if label == "OPENSSH " else 64
    body = coded(r.randbytes(size or r.choice((48, 121, 609, 1192))))
    rows = [body[at : at + width] for at in range(0, len(body), width)]
    return [f"-----BEGIN {label}PRIVATE" + " KEY-----", *rows, f"-----END {label}PRIVATE" + " KEY-----"], rows


HELD: dict[str, Callable[[list[str]], str]] = {
    "file": lambda rows: "\n".join(rows) + "\n",
    "crlf": lambda rows: "\r\n".join(rows) + "\r\n",
    "python": lambda rows: 'KEY = """' + "\n".join(rows) + '"""\n',
    "python-lines": lambda rows: "KEY = (\n" + "\n".join(f'    "{row}\\n"' for row in rows) + "\n)\n",
    "ruby": lambda rows: "KEY = <<~PEM\n" + "\n".join("  " + row for row in rows) + "\nPEM\n",
    "java": lambda rows: "String key = " + " +\n    ".join(f'"{row}\\n"' for row in rows) + ";\n",
    "json": lambda rows: json.dumps({"type": "service_account", "private_key": "\n".join(rows) + "\n"}) + "\n",
    "yaml": lambda rows: "key: |\n" + "\n".join("  " + row for row in rows) + "\n",
    "comment": lambda rows: "\n".join("# " + row for row in rows) + "\ndef run():\n    return 1\n",
    "env": lambda rows: 'KEY="' + "\\n".join(rows) + '"\n',
    "diff": lambda rows: "\n".join("-" + row for row in rows) + "\n",
    "cut-off": lambda rows: "\n".join(rows[:-1]) + "\n\ndef run():\n    return 1\n",
    "base64": lambda rows: "data:\n  tls.key: " + coded("\n".join(rows).encode()) + "\n",
}


def private_keys(seed: int = 3, each: int = 2) -> Iterator[Planted]:
    """Every frame in every place, and PGP."""
    r = R(seed)
    for held, write in HELD.items():
        for label in FRAMES * each:
            rows, body = key(r, label)
            text = write(rows)
            left = (text.split()[-1],) if held == "base64" else tuple(row for row in body if len(row) > 11)
            yield Planted(f"private key, {label}{held}", text.encode(), tuple(row.encode() for row in left))
    rows, body = key(r, "PGP ", 900)
    block = [rows[0].replace("KEY", "KEY BLOCK"), "Version: GnuPG v2", "", *body, "=" + some(r, 4), rows[-1].replace("KEY", "KEY BLOCK")]
    yield Planted("private key, PGP", "\n".join(block).encode(), tuple(row.encode() for row in body if len(row) > 11))
