"""What looks like a secret and is none, and people who never were: the hard negatives and the personal data of the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.planted import DIGITS, HEX, LOWER, UPPER, URL, WORD, Planted, R, coded, some, uuid

WORDS = [
    "order", "invoice", "customer", "basket", "shipment", "payment", "address", "product", "stock", "price", "market", "report",
    "account", "session", "search", "filter", "result",
]  # fmt: skip


STUBS = ("<your-api-key>", "YOUR_API_KEY", "xxxxxxxxxxxxxxxx", "changeme", "insert_key_here", "REPLACE_ME_PLEASE")
FIXTURES = ("password", "secret", "secret123", "password1", "test1234", "wrong_password", "hunter2", "topsecret", "foobar")


def _word(r: R) -> str:
    return r.choice(WORDS)


NEGATIVES: dict[str, Callable[[R], str]] = {
    "uuid": lambda r: f'{_word(r)}_id = "{uuid(r)}"\n',
    "uuid-route": lambda r: f'get "/api/{_word(r)}s/{uuid(r)}"\n',
    "sha256": lambda r: f'{r.choice(("checksum", "sha256", "digest", "etag", "content_hash"))} = "{some(r, 64, HEX)}"\n',
    "commit": lambda r: f'revision: "{some(r, 40, HEX)}"\n',
    "this-reverts": lambda r: f"This reverts commit {some(r, 40, HEX)}.\n",
    "npm-lock": lambda r: f'      "integrity": "sha512-{coded(r.randbytes(64))}",\n',
    "yarn-lock": lambda r: (
        f'  resolved "https://registry.yarnpkg.com/{_word(r)}/-/{_word(r)}-1.0.{r.randrange(9)}.tgz#{some(r, 40, HEX)}"\n'
    ),
    "poetry-lock": lambda r: f'    {{file = "{_word(r)}-2.1.0-py3-none-any.whl", hash = "sha256:{some(r, 64, HEX)}"}},\n',
    "go-sum": lambda r: f"github.com/acme/{_word(r)} v1.{r.randrange(30)}.0 h1:{coded(r.randbytes(32))}\n",
    "gemfile-lock": lambda r: f"    {_word(r)} ({r.randrange(9)}.{r.randrange(9)}.{r.randrange(9)}.{r.randrange(9)})\n",
    "docker-digest": lambda r: f"FROM alpine@sha256:{some(r, 64, HEX)}\n",
    "image": lambda r: f'<img src="data:image/png;base64,{coded(r.randbytes(150))}">\n',
    "font": lambda r: f"src: url(data:font/woff2;base64,{coded(r.randbytes(120))}) format('woff2');\n",
    "certificate": lambda r: "-----BEGIN CERTIFICATE-----\n" + coded(r.randbytes(400)) + "\n-----END CERTIFICATE-----\n",
    "public-key": lambda r: f"ssh-rsa AAAAB3NzaC1yc2E{some(r, 200)} deploy\n",
    "public-key-name": lambda r: f'public_key = "{coded(r.randbytes(32))}"\n',
    "publishable": lambda r: f'publishable = "pk_live_{some(r, 24)}"\n',
    "example-key": lambda r: 'aws_access_key_id = "AK' + 'IAIOSFODNN7EXAMPLE"\n',
    "placeholder": lambda r: f'api_key = "{r.choice(STUBS)}"\n',
    "zeros": lambda r: f'token = "{"0" * 32}"\n',
    "variable": lambda r: (
        f'password = "{r.choice(("${DB_PASSWORD}", "{{ db_password }}", "%(password)s", "#{password}", "$DB_PASSWORD"))}"\n'
    ),
    "environment": lambda r: f'{r.choice(("password", "secret", "token"))} = os.environ["{_word(r).upper()}_TOKEN"]\n',
    "attribute": lambda r: f"token = current_{_word(r)}.authentication_token\n",
    "call": lambda r: f"password = generate_password(length: {r.randrange(8, 40)})\n",
    "yaml-reference": lambda r: f"password: vault/{_word(r)}/database\n",
    "fixture-password": lambda r: f'password: "{r.choice(FIXTURES)}"\n',
    "fixture-login": lambda r: f'sign_in(user, password: "{_word(r)}-{_word(r)}")\n',
    "bcrypt": lambda r: f'password_digest: "$2a$12${some(r, 53)}"\n',
    "label": lambda r: f'password: "{r.choice(("Please enter your password", "Passwort", "Mot de passe", "Your password has expired"))}"\n',
    "message-key": lambda r: f'token_error: "errors.{_word(r)}.token_expired"\n',
    "css": lambda r: f".{_word(r)}-token {{ color: #{some(r, 6, HEX)}; }}\n",
    "input": lambda r: f'<input type="password" name="user[password]" id="user_password" class="{_word(r)}-field">\n',
    "csrf-name": lambda r: 'csrf_token_name = "authenticity_token"\n',
    "lexer": lambda r: f'TOKEN_{_word(r).upper()} = "{_word(r).upper()}_IDENTIFIER"\n',
    "tokenizer": lambda r: f'tokenizer = AutoTokenizer.from_pretrained("acme/{_word(r)}-base-uncased")\n',
    "header": lambda r: f'token_header = "X-{_word(r).title()}-Auth-Token"\n',
    "url-field": lambda r: f'token_url = "https://login.acme.io/oauth2/{_word(r)}/token"\n',
    "secret-name": lambda r: f"secretName: {_word(r)}-{_word(r)}-tls\n",
    "primary-key": lambda r: f'primary_key = "{_word(r)}_{_word(r)}_id"\n',
    "cache-key": lambda r: f'cache_key = "{_word(r)}/v{r.randrange(9)}/{some(r, 32, HEX)}"\n',
    "minified": lambda r: (
        "!function("
        + ",".join(some(r, 1, LOWER) for _ in range(6))
        + "){var "
        + ",".join(f"{some(r, 2)}={r.randrange(99)}" for _ in range(9))
        + "}();\n"
    ),
    "hex-vector": lambda r: f'assert_equal "{some(r, 64, HEX)}", digest("{_word(r)}")\n',
    "base64-text": lambda r: f'body = "{coded(" ".join(_word(r) for _ in range(12)).encode())}"\n',
    "regex": lambda r: r"PATTERN = /\A[A-Za-z0-9_-]{20,}\z/" + "\n",
    "constant": lambda r: f'ACCESS_KEY_{_word(r).upper()} = "access.key.{_word(r)}"\n',
    "test-id": lambda r: f'data-testid="{_word(r)}-password-{some(r, 4, HEX)}"\n',
    "private-ip": lambda r: f'host = "10.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(256)}"\n',
    "loopback": lambda r: f'bind "127.0.0.1:{r.randrange(1000, 9999)}"\n',
    "version": lambda r: f"version = '{r.randrange(9)}.{r.randrange(20)}.{r.randrange(9)}.{r.randrange(9)}'\n",
    "browser": lambda r: f'"Mozilla/5.0 Chrome/{r.randrange(80, 120)}.0.{r.randrange(1000, 5000)}.{r.randrange(99)} Safari/537.36"\n',
    "decorator": lambda r: f"@{_word(r)}.setter\ndef {_word(r)}(self, value): ...\n",
    "sprite": lambda r: f"{_word(r)}@2x.png\n",
    "git-remote": lambda r: f"git@github.com:acme/{_word(r)}.git\n",
    "example-address": lambda r: f"{_word(r)}@example.com\n",
    "timestamp": lambda r: f'token_expires_at: "2024-0{r.randrange(1, 9)}-1{r.randrange(9)}T10:00:0{r.randrange(9)}Z"\n',
    "number": lambda r: f'isbn = "{some(r, 13, DIGITS)}"\n',
    "serial": lambda r: f'serial = "{some(r, 12, UPPER + DIGITS)}"\n',
    "nonce-name": lambda r: f'session_key = "{_word(r)}_{_word(r)}"\n',
    "short-id": lambda r: f'short_id = "{some(r, 11, URL)}"\n',
    "prose": lambda r: f"# Pass `'{some(r, 5, LOWER)}'` to use the {_word(r)} as it is.\n",
    "names-in-a-list": lambda r: f'    "{_word(r).title()}ForTokenClassification",\n    "{some(r, 6)}ForQuestionAnswering",\n',
    "svg": lambda r: (
        f'<path d="M{r.randrange(99)}.{r.randrange(99)} {r.randrange(99)}L{r.randrange(99)} {r.randrange(99)}z" id="{some(r, 8)}"/>\n'
    ),
    "css-module": lambda r: f'className="{_word(r)}_{some(r, 5, WORD)}"\n',
}


def negatives(seed: int = 4, count: int = 2000) -> Iterator[Planted]:
    """Nothing in these is a secret."""
    r = R(seed)
    for number in range(count):
        kind = list(NEGATIVES)[number % len(NEGATIVES)]
        yield Planted(kind, NEGATIVES[kind](r).encode(), ())


FIRST = [
    "Ada", "Grace", "Alan", "Barbara", "Donald", "Edsger", "Frances", "Hedy", "Ida", "John", "Karen", "Leslie", "Margaret", "Niklaus",
    "Radia", "Shafi", "Tony", "Whitfield", "Yukihiro", "Zoë", "José", "Åsa",
]  # fmt: skip
LAST = [
    "Lovelett", "Hoppert", "Turingen", "Liskova", "Knuthe", "Dijkster", "Allenby", "Lamarque", "Rhodesia", "Backusen", "Sparcke",
    "Lamportz", "Hamiltown", "Wirthig", "Perlmann", "Müllner",
]  # fmt: skip
SITES = (
    "acme.io",
    "shop-acme.com",
    "mail.acme.co.uk",
    "uni-bonn.de",
    "proton.me",
    "gmx.net",
    "posteo.de",
    "team.acme.dev",
    "web.de",
    "acme.com.br",
)
LOCALS: tuple[Callable[[str, str, R], str], ...] = (
    lambda one, two, r: f"{one}.{two}",
    lambda one, two, r: f"{one[0]}{two}{r.randrange(99)}",
    lambda one, two, r: f"{one}+{some(r, 4, LOWER)}",
    lambda one, two, r: f"{two}_{one}",
)


def people(seed: int = 5, count: int = 40) -> list[tuple[str, str]]:
    """Names and addresses of authors."""
    r = R(seed)
    names = sorted({(r.choice(FIRST), r.choice(LAST)) for _ in range(count * 2)})[:count]
    plain = [(one.encode("ascii", "ignore").decode().lower(), two.encode("ascii", "ignore").decode().lower()) for one, two in names]
    return [(f"{one} {two}", f"{r.choice(LOCALS)(*low, r)}@{r.choice(SITES)}") for (one, two), low in zip(names, plain, strict=True)]


EMAIL_PLACES = (
    "# {v}\n", 'owner = "{v}"\n', "Author: Somebody <{v}>\n", "maintainers:\n  - {v}\n", "<a href='mailto:{v}'>write</a>\n",
    "// ask {v}, she knows\n", '{{"to": "{v}"}}\n', "Signed-off-by: Somebody <{v}>\n", "def notify(to='{v}'):\n", "({v})\n",
)  # fmt: skip
IP_PLACES = (
    'host = "{v}"\n', "server {v};\n", "ping {v}\n", "ALLOWED_HOSTS = ['{v}']\n", "  - address: {v}\n", "ssh deploy@{v}\n",
    "# moved to {v}\n", "curl http://{v}/health\n",
)  # fmt: skip
NAME_PLACES = (
    "# Author: {v}\n", "// Copyright (c) 2020 {v}\n", "/* written by {v} */\n", "# TODO: ask {v} about this\n", " * @author {v}\n",
    '__author__ = "{v}"\n', "  spec.authors = ['{v}']\n", "Co-authored-by: {v}\n",
)  # fmt: skip


def _ipv4(r: R) -> str:
    return (
        f"{r.choice((45, 62, 81, 104, 138, 159, 185, 203, 212))}.{r.randrange(20, 256)}.{r.randrange(256)}.{r.randrange(1, 255)}".replace(
            "203.0.113.", "203.9.113."
        )
    )


def _ipv6(r: R) -> str:
    groups = [f"{r.randrange(1, 65536):x}" for _ in range(6)]
    head = r.choice(("2001:41d0", "2a01:4f8", "2606:4700", "2600:1f18", "2404:6800", "2003:e4"))
    return head + ":" + r.choice((":".join(groups), groups[0] + "::" + groups[1], groups[0] + ":" + groups[1] + "::1"))


def personal(seed: int = 6) -> Iterator[Planted]:
    """500 addresses, 200 names of authors, 300 numbers of machines, 50 of telephones."""
    r = R(seed)
    everybody = people(count=40)
    for _ in range(500):
        one, two = r.choice(FIRST[:19]).lower(), r.choice(LAST[:15]).lower()
        value = f"{r.choice(LOCALS)(one, two, r)}@{r.choice(SITES)}"
        yield Planted("email", r.choice(EMAIL_PLACES).format(v=value).encode(), (value.encode(),))
    for number in range(200):
        name = everybody[number % len(everybody)][0]
        yield Planted("name", r.choice(NAME_PLACES).format(v=name).encode(), (name.encode(),))
    for make, kind in ((_ipv4, "ipv4"), (_ipv6, "ipv6")):
        for _ in range(150):
            value = make(r)
            place = r.choice(IP_PLACES[:7] if kind == "ipv6" else IP_PLACES)
            yield Planted(kind, place.format(v=value).encode(), (value.encode(),))
    for _ in range(50):
        value = f"+{r.choice((44, 49, 33, 1, 351))} {some(r, 3, '123456789')} {some(r, 3, DIGITS)} {some(r, 4, DIGITS)}"
        yield Planted("phone", f"# call {value} at night\n".encode(), (value.encode(),))
