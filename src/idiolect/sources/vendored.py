"""Paths that hold somebody else's code, by the names that people give to such places and files.

The reach is that of linguist's list of vendored paths; the rules are written anew, and leave out what teams write themselves
(fixtures, build files of their own, documentation).
"""

from __future__ import annotations

from idiolect.scrub.rules import compiled

_FOLDERS = r"""
    vendor vendors vendored third[-_]?party 3rd[-_]?party thirdparty externals? extern bundled[-_]libs? node_modules
    bower_components jspm_packages web_modules \.yarn \.pnpm-store site-packages dist-packages \.?venv virtualenv \.virtualenvs
    \.tox \.nox \.eggs [^/]+\.egg-info [^/]+\.dist-info \.?buildout \.bundle \.gradle \.mvn gradle/wrapper carthage pods godeps _esy
    cargo-vendor \.cargo rebar3?\.d elm-stuff \.stack-work dist-newstyle cabal-dev wwwroot/lib packages/[^/]+\.\d+\.\d+\.\d+
    bazel-[^/]+ cmakefiles _deps \.git \.hg \.svn \.bzr \.idea \.vs \.vscode-test \.history \.terraform \.serverless \.sass-cache
    \.cache __pycache__ [^/]+\.framework [^/]+\.xcframework sparkle \.google_apis puphpet
    (?:tiny_?mce|ckeditor|fckeditor|ace-builds|codemirror|mathjax|monaco-editor|yui|extjs|dojo|fancybox|highlightjs|syntaxhighlighter)
    font-?awesome(?:[-.][^/]*)? jquery-ui(?:[-.][^/]*)? bootstrap-\d[^/]* swagger-ui admin_media
"""
_AT_ROOT = "deps dependencies typings flow-typed"
_SCRIPTS = r"""
    jquery jquery[-.](?:ui|\d|cookie|validate|form|mobile|slim|migrate|easing|lazyload|tools|datatables)[^/]*
    bootstrap(?:[-.][^/]*)? popper angular(?:[-.][^/]*)? d3(?:\.v\d+)? lodash(?:[-.][^/]*)? underscore(?:[-.]\d[^/]*)?
    backbone(?:[-.]\d[^/]*)? prototype scriptaculous modernizr[^/]* normalize font-?awesome[^/]* ember(?:-[^/]*)?
    react(?:-(?:dom|[\d.]+))? preact vue(?:-[\d.]+)? zepto mootools[^/]* require(?:-?js)? raphael[^/]* tinymce ckeditor codemirror
    html5shiv html5-[\d.]+ moment(?:-[^/]*)? select2 chosen\.jquery rails[-_]ujs jquery_ujs turbolinks trix actioncable
    activestorage actiontext action_cable three(?:\.module)? socket\.io leaflet(?:-[^/]*)? highcharts[^/]* hammer handlebars[-.\d]*
    mustache knockout[-.\d]* foundation(?:[-.][^/]*)? materialize bulma tailwind animate dojo yui[-.][^/]* shcore shbrush[^/]*
    sh(?:init|legacy|autoloader)? webcomponents[^/]* video-?js[^/]* pdf(?:\.worker)? flatpickr toastr slick(?:-[^/]*)?
    fullcalendar[^/]* angular-mocks sinon[-.\d]* qunit[-.\d]* jasmine(?:-[^/]*)? mocha[-.\d]*
"""
_FILES = r"""
    gradlew(?:\.bat)? mvnw(?:\.cmd)? configure config\.(?:guess|sub) install-sh ltmain\.sh aclocal\.m4 libtool\.m4
    lt(?:options|sugar|version|~obsolete)\.m4 missing depcomp mkinstalldirs test-driver ylwrap ar-lib py-compile waf erlang\.mk
    rebar3? \.pnp\.(?:c?js|loader\.mjs) cmake/find[^/]*\.cmake get-pip\.py ez_setup\.py distribute_setup\.py bootstrap-buildout\.py
    versioneer\.py ppport\.h catch(?:_amalgamated)?\.hpp doctest\.h stb_[a-z_]+\.h miniz\.[ch] sqlite3(?:ext)?\.[ch] uthash\.h
    cjson\.[ch] json11\.[ch]pp activator(?:\.bat)? sbt-launch[^/]* \.osx octicons\.(?:css|scss|less) cordova(?:-[\d.]+)?\.js
    phonegap(?:-[\d.]+)?\.js godeps\.json ruby_lsp_[^/]+\.rbi
"""


def _either(words: str) -> str:
    return "|".join(words.split())


_VENDORED = compiled(
    rf"(?i)(?:^|/)(?:{_either(_FOLDERS)})/|^(?:{_either(_AT_ROOT)})/"
    rf"|(?:^|/)(?:{_either(_SCRIPTS)})(?:\.(?:min|slim|esm|umd|full|pack|core))*\.(?:js|css|scss|sass|less|mjs|cjs)$"
    rf"|(?:^|/)(?:{_either(_FILES)})$|(?:^|/)[^/]+[-.]vsdoc\.js$|(?:^|/)locale/[a-z]{{2}}\.js$|(?:^|/)sorbet/rbi/",
)
"""Of RE2, for which a few hundred names are as quick as one."""


def vendored(path: str) -> bool:
    """Whether this is a place where somebody else's code is kept."""
    return _VENDORED.search(path.encode("utf-8", "surrogatepass")) is not None
