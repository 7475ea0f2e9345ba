"""Commands of the matcher: tables of debtors in, clusters, evidence and models out. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.match_model import app as model_files
from admin_api.cli.options import AsJson, Folder
from admin_api.cli.screen import Screen
from admin_api.cli.workspace_matching import app as in_workspace

if TYPE_CHECKING:
    from dedup.batch_csv import TableOptions

app = typer.Typer(no_args_is_help=True)
app.add_typer(in_workspace)
app.add_typer(model_files, name="model")  # by itself it shows the model in force, as `in_workspace` does

Table = Annotated[Path, typer.Argument(metavar="IN.csv", exists=True, dir_okay=False, help="A UTF-8 CSV of debtors.")]
Ids = Annotated[str, typer.Option("--id", help="The column that identifies a record.")]
Column = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="FIELD=COLUMN", help="Which column holds a field; may be repeated."),
]
Country = Annotated[str, typer.Option(help="The country of rows that name none, such as CL.")]
ModelFile = Annotated[Path | None, typer.Option("--model", help="A model file; the shipped one when not given.")]


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Who is who, in this workspace and in any table."""


@app.command()
def batch(
    table: Table,
    *,
    out: Annotated[Path, typer.Option("--out", help="Where to write record_id,cluster_id,band.")],
    id_column: Ids = "record_id",
    column: Column = None,
    country: Country = "",
    model: ModelFile = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that normalise.")] = 1,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Cluster the debtors of a CSV. Records that a person should look at stay alone, in the band review.

    Columns named like fields need no declaration: country, kind, tax_id, full_name, given_names, surnames,
    legal_name, phone, phone_2, email, street, city, birth_date. Usual names are known too: RUT, Nombres, Apellido
    Paterno, Razón Social, Celular, Correo, Comuna, CEP. Columns that nothing reads are named.

    Example: concilia match batch deudores.csv --out clusters.csv --id DOC --column tax_id=RUT --country CL
    """
    from dedup.batch_csv import match_csv

    screen = Screen(as_json)
    options = replace(_options(id_column, column, country, model=model, screen=screen), processes=processes)
    found = match_csv(table, out=out, options=options)
    figures = {"records": found.records, "clusters": found.clusters, **dict(sorted(found.bands.items()))}
    seconds = {stage: round(spent, 2) for stage, spent in found.seconds.items()}
    screen.document({**figures, "cpu_seconds": seconds, "model": found.note, "columns_not_read": list(found.unread)})
    screen.table(tuple(figures), [tuple(figures.values())])
    if found.unread:
        screen.complain(f"Not read: {', '.join(found.unread)}. Say what a column holds with --column FIELD=COLUMN.")
    screen.say(f"Weights: {found.note}.")
    screen.say("CPU seconds: " + ", ".join(f"{stage} {spent}" for stage, spent in seconds.items()) + ".")
    for _, holders in found.result.alarms:
        screen.complain(f"One tax id stands under {holders} unlike names: it merged nothing.")


@app.command()
def train(
    table: Table,
    *,
    out: Annotated[Path, typer.Option("--out", help="Where to write the model.")],
    id_column: Ids = "record_id",
    column: Column = None,
    country: Country = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Learn weights from pairs that valid tax ids label, and write them as a model file.

    Example: concilia match train deudores.csv --out model.json --id DOC --country CL
    """
    from tempfile import TemporaryDirectory

    from dedup.batch_csv import match_csv
    from dedup.model import save

    screen = Screen(as_json)
    options = _options(id_column, column, country, model=None, screen=screen)
    with TemporaryDirectory() as scratch:
        found = match_csv(table, out=Path(scratch) / "clusters.csv", options=options)
    save(found.result.model, out)
    bands = found.result.model.bands
    screen.document({"model": str(out), "note": found.note, "automatic": bands.automatic, "review": bands.review})
    screen.say(f"Wrote {out}: {found.note}. A merge needs {bands.automatic:g} bits, a look {bands.review:g}.")


@app.command()
def evaluate(
    clusters: Annotated[Path, typer.Argument(metavar="CLUSTERS.csv", exists=True, help="What `match batch` wrote.")],
    truth: Annotated[Path, typer.Argument(metavar="TRUTH.csv", exists=True, help="record_id and the true entity.")],
    entity_column: Annotated[str, typer.Option("--entity", help="The column with the true entity.")] = "entity_id",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Measure clusters against the truth, pair by pair; records in review count as unmerged.

    Example: concilia match evaluate clusters.csv truth.csv
    """
    from dedup.cluster_files import evaluate_files

    screen = Screen(as_json)
    found = evaluate_files(clusters, truth, entity_column=entity_column)
    figures = {"precision": found.precision, "recall": found.recall, "f1": found.f1}
    screen.document({name: round(value, 6) for name, value in figures.items()})
    screen.table(tuple(figures), [tuple(f"{value:.4f}" for value in figures.values())])


@app.command()
def explain(
    table: Table,
    left: Annotated[str, typer.Argument(metavar="LEFT", help="A record of the table.")],
    right: Annotated[str, typer.Argument(metavar="RIGHT", help="Another one.")],
    *,
    id_column: Ids = "record_id",
    column: Column = None,
    country: Country = "",
    model: ModelFile = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show what each field says of two records, in bits. Their sum is the score.

    Example: concilia match explain deudores.csv F-10 F-77 --id DOC --country CL
    """
    from dedup.pair_explained import explain_pair

    screen = Screen(as_json)
    options = _options(id_column, column, country, model=model, screen=screen)
    found = explain_pair(table, left, right, options=options)
    lines = [(e.field, e.level, e.left, e.right, f"{e.bits:+.2f}", e.why) for e in found.evidence]
    names = ("field", "level", "left", "right", "bits", "why")
    screen.document(
        {"evidence": [dict(zip(names, line, strict=True)) for line in lines], "score": found.score, "band": found.band}
    )
    screen.table(names, lines)
    screen.say(f"{found.score:+.2f} bits in all: {found.band}.")


def _options(
    id_column: str, column: list[str] | None, country: str, *, model: Path | None, screen: Screen
) -> TableOptions:
    from dedup.batch_csv import TableOptions
    from dedup.model import load

    declared: dict[str, Any] = {}
    for said in column or ():
        field, sign, name = said.partition("=")
        if not sign:
            raise typer.BadParameter(f"{said!r} is not FIELD=COLUMN, such as tax_id=RUT.", param_hint="--column")
        declared.setdefault(field.strip(), []).append(name.strip())
    columns = {field: names[0] if len(names) == 1 else names for field, names in declared.items()}
    return TableOptions(
        columns=columns,
        id_column=id_column,
        country=country,
        model=load(model) if model else None,
        progress=_teller(screen),
    )


def _teller(screen: Screen) -> Callable[[str, int], None]:
    """Says how far a long table is, every 100,000 records."""
    told: set[tuple[str, int]] = set()

    def tell(stage: str, done: int) -> None:
        step = (stage, done // 100_000)
        if done >= 100_000 and step not in told:
            told.add(step)
            screen.say(f"{stage}: {done} records")

    return tell
