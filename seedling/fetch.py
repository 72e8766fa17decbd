"""Download a committed list of packages and read them as bytes; nothing of them is ever executed or installed.

A list has one package a line: ecosystem (`pip`, `deb`, `npm`), name, version, licence, separated by tabs; `#` begins a comment.
`python -m seedling.fetch LIST FOLDER` downloads a list and unpacks its text files into FOLDER/<ecosystem>/<name>/.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

TEXT = re.compile(
    r"\.(py|pyi|rb|rake|gemspec|ru|js|mjs|cjs|jsx|ts|tsx|md|rst|txt|c|h|cc|cpp|hpp|java|go|sh|erb|css|html|ya?ml)$|(^|/)Rakefile$",
    re.IGNORECASE,
)
"""The files that are read; all else in a package is passed over."""
BATCH = 24


@dataclass(frozen=True)
class Package:
    """One line of a list."""

    ecosystem: str
    name: str
    version: str
    licence: str

    @property
    def spec(self) -> str:
        """What the ecosystem's own client is asked for."""
        joint = {"pip": "==", "deb": "=", "npm": "@"}[self.ecosystem]
        return f"{self.name}{joint}{self.version}"


def read_list(path: Path) -> list[Package]:
    """Return the packages of a list in file order; lines of other ecosystems (`git`) are left out."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    return [Package(*row[:4]) for row in rows if row[0] in ("pip", "deb", "npm")]


def download(packages: list[Package], folder: Path) -> None:
    """Bring what is not there yet into `folder/<ecosystem>/` as archives, through the ecosystems' own clients.

    Debian serves only its newest version of a package: where the pinned one is gone, the present one is taken and said on stderr.
    """
    for ecosystem in ("pip", "deb", "npm"):
        place = folder / ecosystem
        place.mkdir(parents=True, exist_ok=True)
        missing = [p for p in packages if p.ecosystem == ecosystem and archive(p, folder) is None]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            if not _ask(ecosystem, [p.spec for p in batch], place):
                for package in batch:
                    if archive(package, folder) is None and not _ask(ecosystem, [package.spec], place):
                        _say(f"{package.spec} is not to be had; its present version is taken")
                        _ask(ecosystem, [package.name], place)


def archive(package: Package, folder: Path) -> Path | None:
    """Return the downloaded archive of a package, the pinned version first, any other version else, or None."""
    place = folder / package.ecosystem
    name, version = package.name, package.version
    if package.ecosystem == "pip":
        patterns = [f"{_wheel(name)}-{version}-*.whl"]
    elif package.ecosystem == "npm":
        patterns = [f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"]
    else:
        patterns = [f"{name}_{version.replace(':', '%3a')}_*.deb", f"{name}_*.deb"]
    for pattern in patterns:
        found = sorted(p for p in place.iterdir() if PurePosixPath(p.name.lower()).match(pattern.lower()))
        if found:
            return found[0]
    return None


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and contents of the text files in an archive, in order of path."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as box:
            for name in sorted(box.namelist()):
                if _wanted(name):
                    yield name, box.read(name)
        return
    data: bytes | None = None
    if path.suffix == ".deb":
        data = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(path)], check=True, capture_output=True).stdout
    with tarfile.open(path) if data is None else tarfile.open(fileobj=io.BytesIO(data)) as tar:
        # Read in the archive's own order: going back in a compressed stream starts it again.
        held = [
            (m.name.removeprefix("./"), handle.read()) for m in tar if m.isfile() and _wanted(m.name) and (handle := tar.extractfile(m))
        ]
    yield from sorted(held, key=lambda pair: pair[0])


def unpack(packages: list[Package], folder: Path, target: Path) -> None:
    """Write the text files of downloaded packages below `target/<ecosystem>/<name>/`; a name that leaves the folder is passed over."""
    for package in packages:
        found = archive(package, folder)
        if found is None:
            _say(f"{package.spec} could not be downloaded and is left out")
            continue
        place = target / package.ecosystem / package.name.replace("/", "-")
        if place.exists():
            continue
        rough = place.with_name(place.name + ".part")
        shutil.rmtree(rough, ignore_errors=True)
        for name, data in members(found):
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                continue
            out = rough / name
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(data)
        rough.mkdir(parents=True, exist_ok=True)
        rough.rename(place)


def _wheel(name: str) -> str:
    return name.replace("-", "_").replace(".", "?")


def _wanted(name: str) -> bool:
    return TEXT.search(name) is not None


def _ask(ecosystem: str, specs: list[str], place: Path) -> bool:
    command = {
        "pip": [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "-d",
            ".",
        ],
        "deb": ["apt-get", "download", "-q"],
        "npm": ["npm", "pack", "--silent", "--ignore-scripts"],
    }[ecosystem]
    if shutil.which(command[0]) is None:
        _say(f"{command[0]} is not installed: the {ecosystem} packages are left out")
        return False
    return subprocess.run([*command, *specs], cwd=place, stdout=subprocess.DEVNULL, check=False).returncode == 0


def _say(text: str) -> None:
    sys.stderr.write(f"seedling: {text}\n")


def main() -> None:
    """Download and unpack one list."""
    parser = argparse.ArgumentParser(
        prog="python -m seedling.fetch", description="Download a list of packages and unpack their text files."
    )
    parser.add_argument("list", type=Path)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    packages = read_list(args.list)
    download(packages, args.folder / "archives")
    unpack(packages, args.folder / "archives", args.folder)


if __name__ == "__main__":
    main()
