"""Commands that carry weights between our model files and Splink's. Decides nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder
from admin_api.cli.screen import Screen
from admin_api.cli.workspace_matching import Check, model

app = typer.Typer(invoke_without_command=True)

OurFile = Annotated[
    Path | None,
    typer.Argument(metavar="[MODEL.json]", exists=True, dir_okay=False, help="The shipped model when left out."),
]


@app.callback()
def group(context: typer.Context, check: Check = False, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show the model that decides who is who in this workspace, or carry weights between model files.

    Example: concilia match model
    """
    if context.invoked_subcommand is None:
        model(check, folder, as_json)


@app.command("export")
def export_model(
    model: OurFile = None,
    *,
    splink: Annotated[Path, typer.Option("--splink", metavar="OUT.json", help="Where to write the Splink settings.")],
    folder: Folder = None,  # noqa: ARG001 - every command takes it
    as_json: AsJson = False,
) -> None:
    """Write a model as settings of Splink 4 or 5, each weight as m and u with the same bits.

    Levels that SQL over two rows cannot tell say so in their label; the rarity of words stays behind.

    Example: concilia match model export model.json --splink splink.json
    """
    from dedup.model import load
    from dedup.splink_bridge import to_splink

    screen = Screen(as_json)
    found = to_splink(load(model))
    splink.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    levels = sum(len(one["comparison_levels"]) for one in found["comparisons"])
    screen.document({"splink": str(splink), "comparisons": len(found["comparisons"]), "levels": levels})
    screen.say(f"Wrote {splink}: {len(found['comparisons'])} comparisons with {levels} levels.")


@app.command("import")
def import_model(
    splink: Annotated[
        Path, typer.Argument(metavar="SPLINK.json", exists=True, dir_okay=False, help="A model that Splink saved.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="MODEL.json", help="Where to write our model.")],
    base: Annotated[
        Path | None,
        typer.Option("--base", exists=True, dir_okay=False, help="The model that says the rest; the shipped one."),
    ] = None,
    naming: Annotated[
        Path | None,
        typer.Option("--naming", exists=True, dir_okay=False, help="Which comparison and label is which of ours."),
    ] = None,
    folder: Folder = None,  # noqa: ARG001 - every command takes it
    as_json: AsJson = False,
) -> None:
    """Read the weights of a Splink model. What it does not speak of, such as the rarity of words, is the base's.

    Example: concilia match model import splink.json --out model.json
    """
    from dedup.model import load, save
    from dedup.splink_bridge import from_splink, naming_from_json, usual_naming

    screen = Screen(as_json)
    own = naming_from_json(_read(naming), name=naming.name) if naming else {}
    found = from_splink(_read(splink), base=load(base), naming={**usual_naming(), **own}, name=splink.name)
    save(found, out)
    bands = {"automatic": found.bands.automatic, "review": found.bands.review}
    screen.document({"model": str(out), "note": found.source, **bands})
    screen.say(f"Wrote {out}: {found.source}. A merge needs {bands['automatic']:g} bits, a look {bands['review']:g}.")


def _read(path: Path) -> Any:
    from dedup.model import ForeignModel

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ForeignModel(f"{path.name} is not JSON: {fault}.") from fault
