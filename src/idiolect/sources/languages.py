"""What language a file is in, by its name, its extension or its first line; and which paths are none."""

from __future__ import annotations

import re

from idiolect import syntax
from idiolect.sources import globs

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
    "text": "authors codeowners notice todo", "markdown": "readme contributing changelog changes history news releases upgrading",
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
_USUAL = {
    "c++": "cpp", "fortran": "f90", "graphql": "graphql", "groovy": "groovy", "hcl": "tf", "html": "html", "html+erb": "html.erb",
    "ini": "ini", "javascript": "js", "lisp": "lisp", "makefile": "mk", "markdown": "md", "pascal": "pas", "prolog": "prolog",
    "pug": "pug", "restructuredtext": "rst", "rpg": "rpgle", "ruby": "rb", "scala": "scala", "scheme": "scm", "shell": "sh", "sql": "sql",
    "tsx": "tsx", "text": "txt", "typescript": "ts", "verilog": "v",
}  # fmt: skip
"""The extension that most files of a language have, where it is not the first above."""
_NAMES = {name: language for language, names in _BY_NAME.items() for name in names.split()}
_ALIASES = {
    "cpp": "c++", "csharp": "c#", "fsharp": "f#", "erb": "html+erb", "golang": "go", "vb": "vb.net", "visual basic .net": "vb.net",
    "sh": "shell", "bash": "shell", "objectivec": "objective-c", "jsx": "javascript", "plsql": "pl/sql", "rst": "restructuredtext",
}  # fmt: skip
_SHEBANG = re.compile(rb"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*(?:\S*/)?)?([a-z-]+)[\d.]*")
_WORD = re.compile(r"\w[\w+#-]*")
_CPP_HEADER = re.compile(
    rb"^[ \t]*(?:template\s*<|namespace\b|class\s+\w+|using\s+\w|(?:private|public|protected)\s*:|constexpr\b)|\bstd::", re.M
)
PROSE = frozenset({"asciidoc", "markdown", "restructuredtext", "tex", "text"})
"""Languages of which the whole file is prose."""
MAX_PATH = 1024
_BAD_PART = re.compile(r"(?:^|/)(\.{0,2}|\.git[ .]*|git~\d+)(?=/|\Z)", re.IGNORECASE)


def language(path: str, data: bytes | None = None) -> str:
    """Linguist's name of the language in lower case by name, extension and `#!` line; empty where nobody knows.

    What a pack's language claims is of that language. Without `data`, a file whose name says nothing is `?`: its first line would
    have to be read.
    """
    if claimed := next((one.name for one in syntax.brought() if globs.matches(path, one.globs)), ""):
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


def file_names(stem: str, language: str) -> list[str]:
    """What a file of a language may be called, the most usual name first; of one that nobody knows with its name as the extension."""
    claimed = next((one.globs for one in syntax.brought() if one.name == language), ())
    if found := [glob.rpartition("/")[2].replace("*", stem) for glob in claimed]:
        return found
    unknown = language if _WORD.fullmatch(language) else ""
    extensions = [_USUAL.get(language, ""), *_BY_EXTENSION.get(language, unknown).split()]
    return [f"{stem}.{extension}" for extension in extensions if extension] or [stem]


def bad_path(path: str) -> str:
    """What is wrong with a path of a tree; empty where nothing is."""
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "not UTF-8"
    if size > MAX_PATH:
        return f"longer than {MAX_PATH} bytes"
    if not path or path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "absolute"
    if not path.isprintable() or "\\" in path:
        return "control characters or backslashes"
    part = _BAD_PART.search(path)
    return f"a part called '{part[1]}'" if part else ""


def named(name: str) -> str:
    """The language that people call so: `C++`, `rb`, `Common-Lisp`; as it is, in lower case, where nobody knows it."""
    wanted = name.strip().lower()
    spaced = wanted.replace("-", " ")
    if wanted in _BY_EXTENSION or wanted in _BY_NAME or wanted in {one.name for one in syntax.brought()}:
        return wanted
    return spaced if spaced in _BY_EXTENSION else _ALIASES.get(wanted) or _EXTENSIONS.get(wanted) or wanted
