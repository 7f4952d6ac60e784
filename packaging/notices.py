#!/usr/bin/env python3
"""Writes THIRD-PARTY.txt and alimi.cdx.json: what is compiled into the library of one platform, from cargo's own data.

    packaging/notices.py TARGET FOLDER

Whether a licence is allowed at all is checked by cargo-deny in ./test. A crate that brings no text of it is refused here,
unless it is the Apache licence, whose text is always the same, or the MIT licence, where only the copyright line differs.
"""

import json
import os
import re
import subprocess
import sys
import uuid
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
TEXTS = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
# What is linked and is no crate.
BUNDLED = HERE / "bundled.txt"


def linked_crates(target):
    """The packages that become part of the library: normal dependencies from the crate itself on, without macros."""
    command = ["/usr/bin/cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target]
    environment = {**os.environ, "RUSTC": "/usr/bin/rustc"}
    data = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout)
    macros = {p["id"] for p in data["packages"] if any("proc-macro" in part["kind"] for part in p["targets"])}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    edges, waiting = {}, [data["resolve"]["root"]]
    while waiting:
        package = waiting.pop()
        if package in edges:
            continue
        dependencies = nodes[package]["deps"]
        normal = [d["pkg"] for d in dependencies
                  if d["pkg"] not in macros and any(kind["kind"] is None for kind in d["dep_kinds"])]
        edges[package] = normal
        waiting += normal
    packages = {package["id"]: package for package in data["packages"] if package["id"] in edges}
    return packages[data["resolve"]["root"]], packages, edges


def licence_texts(package):
    folder = Path(package["manifest_path"]).parent
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and TEXTS.match(file.name)]
    named = package.get("license_file")
    if named and (folder / named).is_file() and folder / named not in files:
        files.append(folder / named)
    if not files and "Apache-2.0" in (package["license"] or ""):
        files = [HERE.parent / "LICENSE-APACHE"]
    if not files and package["license"] == "MIT" and package["authors"]:
        owners = re.sub(r"\s*<[^>]*>", "", ", ".join(package["authors"]))
        text = (HERE.parent / "LICENSE-MIT").read_text(encoding="utf-8").strip()
        return [re.sub(r"(?m)^Copyright .*$", lambda _: f"Copyright (c) {owners}", text, count=1)]
    if not files:
        sys.exit(f"release: {package['name']} {package['version']} ({package['license']}) brings no text of its licence")
    return [file.read_text(encoding="utf-8", errors="replace").strip().replace("\r\n", "\n") for file in files]


def notices(packages):
    users = defaultdict(list)
    for package in packages:
        for text in licence_texts(package):
            users[text].append(f"{package['name']} {package['version']}")
    lines = ["What is compiled into alimi beside its own code, and under which licence.", ""]
    lines += [f"  {package['name']} {package['version']}: {package['license']}" for package in packages]
    lines += ["", BUNDLED.read_text(encoding="utf-8").strip(), ""]
    for text, names in sorted(users.items(), key=lambda item: item[1]):
        lines += ["=" * 100, ", ".join(names), "=" * 100, "", text, ""]
    return "\n".join(lines) + "\n"


def component(package):
    reference = f"pkg:cargo/{package['name']}@{package['version']}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": package["name"],
        "version": package["version"],
        "purl": reference,
        "licenses": [{"expression": re.sub(r"\s*/\s*", " OR ", package["license"])}] if package["license"] else [],
    }


def bill_of_materials(root, packages, edges, checksums):
    reference = {identity: component(package)["bom-ref"] for identity, package in packages.items()}
    components = []
    for identity, package in sorted(packages.items(), key=lambda item: reference[item[0]]):
        if package is root:
            continue
        entry = component(package)
        checksum = checksums.get((package["name"], package["version"]))
        if checksum:
            entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.append(entry)
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(root)},
        "components": components,
        "dependencies": sorted(
            ({"ref": reference[one], "dependsOn": sorted({reference[d] for d in needed})} for one, needed in edges.items()),
            key=lambda entry: entry["ref"],
        ),
    }
    # The same materials have the same number.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bom, sort_keys=True))
    return json.dumps({**bom, "serialNumber": f"urn:uuid:{number}"}, indent=2, ensure_ascii=False) + "\n"


def locked_checksums():
    """Name and version to the checksum in Cargo.lock; packages of a workspace have none."""
    text = (HERE.parent / "Cargo.lock").read_text(encoding="utf-8")
    field = r'^{} = "([^"]*)"$'
    found = {}
    for block in text.split("[[package]]")[1:]:
        name, version, checksum = (re.search(field.format(key), block, re.MULTILINE) for key in ("name", "version", "checksum"))
        if checksum:
            found[(name[1], version[1])] = checksum[1]
    return found


def main():
    target, folder = sys.argv[1], Path(sys.argv[2])
    os.chdir(HERE.parent)
    root, packages, edges = linked_crates(target)
    # Our own have no source.
    others = sorted((p for p in packages.values() if p["source"]), key=lambda p: (p["name"], p["version"]))
    (folder / "THIRD-PARTY.txt").write_text(notices(others), encoding="utf-8")
    (folder / "alimi.cdx.json").write_text(bill_of_materials(root, packages, edges, locked_checksums()), encoding="utf-8")


main()
