"""A bill of materials (CycloneDX 1.6) of what is installed with the product: `make sbom`.

What is in it comes from `requirements.lock`: names, versions, hashes, and who needs whom. Licences
come from the packages themselves, as they are installed here; what the lock holds for other
systems is left out. The same lock gives the same file.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from importlib.metadata import distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.spdx import fixup_id, is_expression
from packageurl import PackageURL
from packaging.markers import Marker

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
OURSELVES = "utskick"
_LOCKED = re.compile(
    r"^(?P<name>[\w.-]+)(?:\[[\w,-]+\])?==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\]+?))? \\\n"
    r"(?P<rest>(?:    .*\n?)+)",
    re.MULTILINE,
)
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
_VIA = re.compile(r"#(?: via)? +(?!via\b)([\w.-]+)")
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "Artistic License": "Artistic-1.0-Perl",
    "GNU General Public License (GPL)": "GPL-2.0-or-later",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
    "BSD License": "BSD-3-Clause",
}
"""What packages call their licences that do not yet name them by SPDX."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A package in the lock. `needed_by` are packages, or the product itself."""

    name: str
    version: str
    hashes: tuple[str, ...]
    needed_by: frozenset[str]


def locked(text: str) -> Iterator[Locked]:
    """What of a lock is installed here."""
    for found in _LOCKED.finditer(text):
        if found["marker"] and not Marker(found["marker"]).evaluate():
            continue
        yield Locked(
            name=found["name"],
            version=found["version"],
            hashes=tuple(_HASH.findall(found["rest"])),
            needed_by=frozenset(_VIA.findall(found["rest"])),
        )


def licence_of(package: Message) -> str:
    """In SPDX's terms where the package gives them; empty if it names none."""
    stated = package.get("License-Expression") or package.get("License") or ""
    if known := fixup_id(stated):
        return known
    if stated and is_expression(stated):
        return stated
    classifiers = [name.split(" :: ")[-1] for name in package.get_all("Classifier") or []]
    return " OR ".join(dict.fromkeys(_SPDX[name] for name in classifiers if name in _SPDX))


def bill_of_materials(lock: str, *, version: str) -> Bom:
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"{OURSELVES}/{version}/{lock}"))
    bom.metadata.timestamp = None  # type: ignore[assignment]  # else no two files are the same
    product = Component(
        name=OURSELVES,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=OURSELVES,
        licenses=[LicenseFactory().make_from_string("MIT")],
    )
    bom.metadata.component = product
    packages = list(locked(lock))
    components = {package.name: _component(package) for package in packages}
    for component in components.values():
        bom.components.add(component)
    needing = components | {OURSELVES: product}
    for package in packages:
        for name in package.needed_by & needing.keys():
            bom.register_dependency(needing[name], [components[package.name]])
    return bom


def _component(package: Locked) -> Component:
    licence = licence_of(_metadata_of(package.name))
    return Component(
        name=package.name,
        version=package.version,
        bom_ref=f"{package.name}@{package.version}",
        purl=PackageURL("pypi", name=package.name, version=package.version),
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(f"https://pypi.org/project/{package.name}/{package.version}/"),
                hashes=[HashTypeFactory().from_composite_str(each) for each in package.hashes],
            )
        ],
    )


def _metadata_of(name: str) -> Message:
    return HeaderParser().parsestr(distribution(name).read_text("METADATA") or "")


def main(target: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    bom = bill_of_materials(LOCK.read_text(), version=version)
    target.parent.mkdir(exist_ok=True)
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=2) + "\n")
    for package in locked(LOCK.read_text()):
        licence = licence_of(_metadata_of(package.name))
        sys.stdout.write(f"{package.name} {package.version}: {licence}\n")
    sys.stdout.write(f"{len(bom.components)} packages, in {target}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
