"""Make the checkout importable in the environment that runs this file. Standard library only; installs nothing.

An editable install by pip would do the same, but it needs the build backend and two more packages at run time and,
without them in the lock, the network. What such an install leaves behind is small and specified, so it is written
here: one path file, and the metadata that importlib.metadata, pip list and pip uninstall read.
"""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

Project = dict[str, Any]


def metadata(project: Project) -> str:
    """The core metadata, with the requirements, so that `pip check` can judge the environment."""
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {requirement}" for requirement in project["dependencies"]),
    ]
    return "\n".join(lines) + "\n"


def entry_points(project: Project) -> str:
    """The commands and the plug-in groups in the form importlib.metadata reads."""
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    return "\n".join(
        "\n".join([f"[{group}]", *(f"{name} = {target}" for name, target in points.items()), ""])
        for group, points in groups.items()
    )


def path_line(root: Path) -> str:
    """The line of the path file. Python reads that file in the locale of the day, so it must be ASCII in any case."""
    plain = str(root)
    return plain if plain.isascii() else f"import sys; sys.path.append({plain!a})"


def register(root: Path, *, site_packages: Path) -> None:
    """Write the path file and the metadata, in place of those of any earlier version."""
    project: Project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    name = project["name"]
    for old in site_packages.glob(f"{name}-*.dist-info"):
        shutil.rmtree(old)
    folder = f"{name}-{project['version']}.dist-info"
    origin = {"url": root.as_uri(), "dir_info": {"editable": True}}
    files = {
        f"{name}.pth": f"{path_line(root)}\n",
        f"{folder}/METADATA": metadata(project),
        f"{folder}/entry_points.txt": entry_points(project),
        f"{folder}/direct_url.json": json.dumps(origin),
        f"{folder}/INSTALLER": "concilia\n",
    }
    files[f"{folder}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{folder}/RECORD"])
    (site_packages / folder).mkdir()
    for path, text in files.items():
        (site_packages / path).write_text(text, "utf-8")


if __name__ == "__main__":
    register(Path(sys.argv[1]), site_packages=Path(sysconfig.get_path("purelib")))
