"""What a file is: its language, and whether it is somebody else's, made by a program, or no text to learn from.

The rules follow GitHub's linguist in spirit and are written anew. Hard gates are those that do not destroy a team's small,
idiomatic files: thresholds of StarCoder2 (arXiv 2402.19173, appendix A) for line lengths, letters, encoded data, data files
and markup. Comment ratios, short files and repetition are no reason to drop a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import PurePosixPath

from idiolect import syntax

_BY_EXTENSION = {
    "ada": "adb ads", "assembly": "asm s", "astro": "astro", "basic": "bas bbj bbx", "batchfile": "bat cmd", "c": "c", "c#": "cs csx",
    "c++": "cc cpp cxx c++ hh hpp hxx inl ipp tpp", "clojure": "clj cljc cljs edn", "cmake": "cmake", "cobol": "cbl ccp cob cobol cpy",
    "coffeescript": "coffee", "crystal": "cr", "css": "css", "cuda": "cu cuh", "d": "d", "dart": "dart",
    "dockerfile": "dockerfile",
    "elixir": "ex exs", "elm": "elm", "erlang": "erl hrl", "f#": "fs fsi fsx", "fortran": "f f03 f08 f77 f90 f95 for", "gherkin": "feature",
    "go": "go", "graphql": "gql graphql", "groovy": "gradle groovy", "haml": "haml", "handlebars": "handlebars hbs", "haskell": "hs",
    "hcl": "hcl tf tfvars", "html": "htm html xhtml", "html+erb": "erb rhtml", "html+php": "phtml", "ini": "cfg ini properties",
    "java": "java", "java server pages": "jsp jspf", "javascript": "cjs es6 js jsx mjs", "jinja": "j2 jinja jinja2",
    "json": "json json5 jsonc",
    "julia": "jl", "kotlin": "kt kts", "less": "less", "liquid": "liquid", "lisp": "cl el lisp lsp", "lua": "lua", "makefile": "mak mk",
    "markdown": "markdown md mdown mdx", "nim": "nim", "nix": "nix", "objective-c": "m mm", "ocaml": "ml mli", "openedge abl": "abl p",
    "pascal": "dpr pas pp", "perl": "pl pm t", "php": "php php3 php4 php5 php7", "pl/i": "pli", "pl/sql": "pkb pkg pks plsql",
    "powershell": "ps1 psd1 psm1", "prolog": "pro prolog", "protocol buffer": "proto", "pug": "jade pug", "python": "py pyi pyw",
    "r": "r rmd", "restructuredtext": "rest rst", "rpg": "rpg rpgle sqlrpgle",
    "ruby": "builder gemspec jbuilder podspec rabl rake rb ru thor",
    "rust": "rs", "sas": "sas", "sass": "sass", "scala": "sbt sc scala", "scheme": "rkt scm ss", "scss": "scss", "shell": "bash ksh sh zsh",
    "slim": "slim", "solidity": "sol", "sql": "ddl dml sql", "stylus": "styl", "svelte": "svelte", "swift": "swift", "tcl": "tcl",
    "terraform template": "tftpl", "tex": "tex", "text": "text txt", "asciidoc": "adoc asciidoc", "toml": "toml", "tsx": "tsx",
    "twig": "twig", "typescript": "cts mts ts", "vb.net": "vb vbs", "verilog": "sv v", "vhdl": "vhd vhdl", "vim script": "vim",
    "vue": "vue", "yaml": "yaml yml", "zig": "zig",
}  # fmt: skip
_BY_NAME = {
    "dockerfile": "containerfile dockerfile", "makefile": "gnumakefile makefile", "cmake": "cmakelists.txt", "groovy": "jenkinsfile",
    "ruby": """appraisals berksfile brewfile capfile dangerfile deliverfile fastfile gemfile guardfile podfile puppetfile rakefile
        steepfile thorfile vagrantfile .irbrc .pryrc .simplecov""",
    "python": "sconscript sconstruct snakefile wscript", "json": ".babelrc .eslintrc .prettierrc",
    "text": "authors changes codeowners notice news todo", "markdown": "readme contributing changelog",
    "shell": ".bash_profile .bashrc .envrc .profile .zshrc", "toml": "pipfile",
    "go module": "go.mod", "ini": ".editorconfig .flake8 .gitconfig .npmrc .pylintrc",
}  # fmt: skip
_BY_SHEBANG = {
    "bash": "shell", "dash": "shell", "ksh": "shell", "sh": "shell", "zsh": "shell", "python": "python", "pypy": "python", "ruby": "ruby",
    "jruby": "ruby", "rake": "ruby", "node": "javascript", "nodejs": "javascript", "bun": "javascript", "deno": "typescript",
    "ts-node": "typescript", "perl": "perl", "php": "php", "lua": "lua", "tclsh": "tcl", "rscript": "r", "groovy": "groovy",
    "make": "makefile", "elixir": "elixir", "escript": "erlang", "pwsh": "powershell", "swift": "swift", "crystal": "crystal",
}  # fmt: skip
_EXTENSIONS = {extension: language for language, names in _BY_EXTENSION.items() for extension in names.split()}
_NAMES = {name: language for language, names in _BY_NAME.items() for name in names.split()}
_SHEBANG = re.compile(rb"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*(?:\S*/)?)?([a-z-]+)[\d.]*")
_CPP_HEADER = re.compile(
    rb"^\s*(?:template\s*<|namespace\b|class\s+\w+|using\s+\w|(?:private|public|protected)\s*:|constexpr\b)|\bstd::", re.M
)
PROSE = frozenset({"asciidoc", "markdown", "restructuredtext", "tex", "text"})
"""Languages of which the whole file is prose."""

_VENDORED = re.compile(
    r"""(?:^|/)(?:vendor|vendors|third[-_]?party|3rd[-_]?party|externals?|node_modules|bower_components|jspm_packages|site-packages|\.?venv|
    virtualenv|dist-packages|\.bundle|\.yarn|\.gradle|\.mvn|carthage|pods|godeps|_esy|extern|cargo-vendor|wwwroot/lib|
    \.git|\.hg|\.svn|\.idea|\.vs|\.tox|\.eggs|[^/]+\.egg-info)/
    |(?:^|/)(?:jquery|jquery[-.](?:ui|\d)[^/]*|bootstrap(?:[-.][^/]*)?|angular(?:[-.][^/]*)?|d3(?:\.v\d+)?|lodash(?:[-.][^/]*)?|underscore|backbone|
    prototype|modernizr[^/]*|normalize|font-?awesome[^/]*|ember(?:-[^/]*)?|react(?:-[\d.]+)?|vue(?:-[\d.]+)?|zepto|mootools[^/]*|
    require|raphael[^/]*|tinymce|ckeditor|codemirror|html5shiv|moment(?:-[^/]*)?|select2|rails[-_]ujs|turbolinks|
    trix|actioncable|activestorage)\.(?:js|css|scss|less|mjs)$
    |(?:^|/)(?:gradlew(?:\.bat)?|mvnw(?:\.cmd)?|configure|config\.(?:guess|sub)|install-sh|ltmain\.sh|aclocal\.m4|libtool\.m4|missing|depcomp|
    waf|\.pnp\.c?js|cmake/find[^/]*\.cmake)$""",
    re.IGNORECASE | re.VERBOSE,
)
_MADE = re.compile(
    r"""(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|composer\.lock|gemfile\.lock|yarn\.lock|pnpm-lock\.yaml|cargo\.lock|poetry\.lock|uv\.lock|
    pipfile\.lock|pdm\.lock|bun\.lockb?|mix\.lock|podfile\.lock|flake\.lock|go\.(?:sum|work\.sum)|\.terraform\.lock\.hcl|gopkg\.lock|deno\.lock|
    package\.resolved|project\.assets\.json|db/(?:[^/]*_)?schema\.rb|db/structure\.sql|\.pnp\.[^/]+)$
    |\.(?:min|bundle|chunk)\.(?:js|css|mjs)$|-min\.(?:js|css)$|\.(?:js|css|mjs)\.map$|\.designer\.(?:cs|vb)$|\.g(?:\.i)?\.cs$|\.(?:g|freezed|pb)\.dart$
    |_pb2(?:_grpc)?\.pyi?$|_pb\.(?:js|rb|d\.ts)$|\.pb(?:\.gw)?\.go$|\.pb\.(?:cc|h)$|_generated\.\w+$|\.generated\.\w+$|(?:^|/)__generated__/
    |(?:^|/)(?:dist|coverage|\.next|\.nuxt|__snapshots__|cassettes|vcr_cassettes|fixtures/vcr[^/]*)/|\.snap$|(?:^|/)mock_[^/]+\.go$
    |(?:^|/)zz_generated\.[^/]+$|\.(?:designer|nib|xib|storyboard|ipynb)$""",
    re.IGNORECASE | re.VERBOSE,
)
_MINIFIED = re.compile(r"\.min\.(?:js|css|mjs)$|-min\.(?:js|css)$", re.IGNORECASE)
_MARKER = re.compile(
    rb"""auto-?generated|automatically[ ]generated|generated[ ]automatically|this[ ]file[ ]is[ ]generated|@generated
    |code[ ]generated[ ].{0,80}do[ ]not[ ]edit|do[ ]not[ ](?:edit|modify)[ ](?:this[ ]file|by[ ]hand|manually)
    |generated[ ]by[ ](?:the[ ]protocol[ ]buffer|protoc\b|thrift|swig|cython|antlr|bison|flex|yacc|ragel|jison|peg\.?js|grpc|openapi
    |swagger|sqlc|mockery|racc|treetop|coffeescript|typescript|haxe|doxygen|sphinx|javadoc)""",
    re.IGNORECASE | re.VERBOSE,
)
_HAND = re.compile(rb"not (?:be )?(?:auto-?|automatically )generated", re.IGNORECASE)
_LONG_LINES_ALLOWED = frozenset(
    {"html", "html+erb", "html+php", "json", "markdown", "restructuredtext", "tex", "text", "asciidoc", "vue", "svelte"}
)
_DATA = frozenset({"json", "yaml", "text"})
_HEX = re.compile(rb"(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*+)){8,}+")
_ESCAPES = re.compile(rb"(?:\\u[0-9a-fA-F]{4}){8,}+")
_BASE64_LETTERS = bytes(97 if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "+/\n=") else 0 for byte in range(256))
_HEX_LETTERS = bytes(97 if chr(byte) in "0123456789abcdefABCDEFxX\\, \t\n\r\f\v" else 0 for byte in range(256))
_RUN = b"a" * 1024
_NO_LETTERS = bytes(set(range(128)) - set(range(65, 91)) - set(range(97, 123)))
_TAG = re.compile(rb"<[^<>]*>")
_UNSEEN = ((b"<script", b"</script"), (b"<style", b"</style"), (b"<!--", b"-->"))
_TEMPLATE = re.compile(rb"\{\{|\{%|<%|<\?php|\$\{|\bth:|\bv-\w|\*ng")
MAX_PATH = 1024
MAX_LINE, MEAN_LINE, MAX_LINES, MAX_MARKUP_LINE, DATA_LINES = 1000, 100, 100_000, 100_000, 512


def language(path: str, data: bytes | None = None) -> str:
    """Linguist's name of the language in lower case by name, extension and `#!` line; empty where nobody knows.

    What a pack's language claims is of that language. Without `data`, a file whose name says nothing is `?`: its first line would
    have to be read.
    """
    if claimed := next((one.name for one in syntax.brought() if matches(path, one.globs)), ""):
        return claimed
    name = path.rpartition("/")[2].lower()
    stem, dot, extension = name.rpartition(".")
    found = _NAMES.get(name) or _NAMES.get(stem if extension in ("", "local") else "") or (_EXTENSIONS.get(extension, "") if dot else "")
    if not found and name.startswith(("dockerfile.", "makefile.")):
        found = name.partition(".")[0]
    if not found and extension == "h":
        found = "c++" if data and _CPP_HEADER.search(data) else "c"
    if found or (dot and stem):
        return found
    if data is None:
        return "?"
    shebang = _SHEBANG.match(data[:256])
    return _BY_SHEBANG.get(shebang[1].decode().rstrip("-"), "") if shebang else ""


def path_refusal(path: str) -> str:
    """Why a file is not read, as far as its path says: vendored, generated, minified, no-language; else empty."""
    if _VENDORED.search(path):
        return "vendored"
    if _MINIFIED.search(path):
        return "minified"
    if _MADE.search(path):
        return "generated"
    return "" if language(path) else "no-language"


def refusal(known: str, data: bytes) -> str:
    """Why a text in the language `known` is not kept, one word; empty where it is. The cheap rules come first."""
    if not data.strip():
        return "empty"
    if data.startswith(b"version https://git-lfs.github.com/"):
        return "lfs-pointer"
    if b"\0" in data:
        return "binary"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "not-utf8"
    if not known:
        return "no-language"
    head = b"\n".join(data[:4000].split(b"\n", 5)[:5])
    if _MARKER.search(head) and not _HAND.search(head):
        return "generated"
    return _shape(known, text) or _content(known, data)


def _shape(known: str, text: str) -> str:
    """Long lines and long data; lengths are characters."""
    lines, size = text.count("\n") + (not text.endswith("\n")), len(text)
    longest = max(map(len, text.split("\n")))
    if known in _LONG_LINES_ALLOWED:
        if longest > MAX_MARKUP_LINE:
            return "long-lines"
    elif longest > MAX_LINE or size > MEAN_LINE * lines:
        return "minified" if known in ("javascript", "css") else "long-lines"
    if lines > MAX_LINES or (known in _DATA and lines > DATA_LINES) or (known in ("json", "yaml") and not 50 <= size <= 5000):
        return "data"
    return ""


def _content(known: str, data: bytes) -> str:
    """Letters, encoded data, markup under another name, pages without text."""
    if 4 * len(data.translate(None, _NO_LETTERS)) < len(data):
        return "few-letters"
    if b"<?xml version=" in data[:100] and b"xsl:" not in data[:2000]:
        return "xml"
    if known == "html" and not _TEMPLATE.search(data):
        visible = b"".join(_TAG.sub(b" ", _visible(data)).split())
        if len(visible) < 100 or 5 * len(visible) < len(data):
            return "markup"
    return "encoded" if _encoded(data) else ""


def _visible(page: bytes) -> bytes:
    """A page without scripts, styles and comments, in time that grows with its length."""
    for begin, end in _UNSEEN:
        kept, at, lower = [], 0, page.lower()
        while (start := lower.find(begin, at)) >= 0 and (stop := lower.find(end, start)) >= 0:
            kept.append(page[at:start])
            at = stop
        page = b" ".join([*kept, page[at:]])
    return page


def _encoded(data: bytes) -> bool:
    """One run of base64, hex or escapes over 1024 bytes, or more than half of the file.

    The expressions are slow, so each is tried only where its letters could make up so much.
    """
    lengths: list[int] = []
    letters = data.translate(_BASE64_LETTERS)
    if _RUN[:64] in letters:
        lengths += [len(run) for run in letters.split(b"\0") if len(run) >= 64]
    if b"\\u" in data:
        lengths += _lengths(_ESCAPES, data)
    hexes = data.translate(_HEX_LETTERS)
    if _RUN in hexes or 2 * (sum(lengths) + hexes.count(b"a")) > len(data):
        lengths += _lengths(_HEX, data)
    return max(lengths, default=0) > 1024 or 2 * sum(lengths) > len(data)


def _lengths(pattern: re.Pattern[bytes], data: bytes) -> list[int]:
    return [match.end() - match.start() for match in pattern.finditer(data)]


def bad_path(path: str) -> str:
    """What is wrong with a path of a tree; empty where nothing is."""
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return "not UTF-8"
    if len(path.encode()) > MAX_PATH:
        return f"longer than {MAX_PATH} bytes"
    if not path or path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "absolute"
    if not path.isprintable() or "\\" in path:
        return "control characters or backslashes"
    for part in path.split("/"):
        if part in ("", ".", "..") or re.fullmatch(r"\.git[ .]*|git~\d+", part, re.IGNORECASE):
            return f"a part called '{part}'"
    return ""


def matches(path: str, globs: Sequence[str]) -> bool:
    """Whether any glob fits the whole path: `*` and `?` stay within a part, `**` spans parts, `folder/` means all within."""
    return any(_pattern(glob).fullmatch(path) for glob in globs)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    parts = PurePosixPath(glob).parts + (("**",) if glob.endswith("/") else ())
    text = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            text += ".*" if last else "(?:[^/]+/)*"
        else:
            text += _part(part) + ("" if last else "/")
    return re.compile(text, re.DOTALL)


def _part(glob: str) -> str:
    """One part of a glob as a regular expression."""
    text = ""
    for token in re.findall(r"\[!?[^\]]+\]|.", glob, re.DOTALL):
        if token == "*":
            text += "[^/]*"
        elif token == "?":
            text += "[^/]"
        elif len(token) > 1:
            text += "[" + token[1:-1].replace("\\", "\\\\").replace("!", "^", token[1] == "!") + "]"
        else:
            text += re.escape(token)
    return text
