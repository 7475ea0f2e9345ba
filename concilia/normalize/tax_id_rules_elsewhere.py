"""Countries whose check digits python-stdnum computes for us: UY, PY, CR, GT, DO, SV, VE. No cleaning of text."""

from __future__ import annotations

from types import ModuleType

from stdnum.cr import cpf as cr_fisica
from stdnum.cr import cpj as cr_juridica
from stdnum.cr import cr as cr_dimex
from stdnum.do import cedula as do_cedula
from stdnum.do import rnc as do_rnc
from stdnum.exceptions import InvalidLength, ValidationError
from stdnum.gt import nit as gt_nit
from stdnum.py import ruc as py_ruc
from stdnum.sv import nit as sv_nit
from stdnum.uy import rut as uy_rut
from stdnum.ve import rif as ve_rif

from concilia.normalize.verdict import Verdict

KINDS_ELSEWHERE: dict[str, dict[str, str]] = {
    "UY": {"RUT": "RUT", "RUC": "RUT"},
    "PY": {"RUC": "RUC"},
    "CR": {"CPF": "CPF", "FISICA": "CPF", "CPJ": "CPJ", "JURIDICA": "CPJ", "DIMEX": "DIMEX"},
    "GT": {"NIT": "NIT"},
    "DO": {"RNC": "RNC", "CEDULA": "CEDULA"},
    "SV": {"NIT": "NIT"},
    "VE": {"RIF": "RIF"},
}
_MODULES: dict[str, tuple[tuple[str, ModuleType, str | None], ...]] = {
    "UY": (("RUT", uy_rut, None),),
    "PY": (("RUC", py_ruc, None),),
    "CR": (("CPF", cr_fisica, "person"), ("CPJ", cr_juridica, "organization"), ("DIMEX", cr_dimex, "person")),
    "GT": (("NIT", gt_nit, None),),
    "DO": (("RNC", do_rnc, None), ("CEDULA", do_cedula, "person")),
    "SV": (("NIT", sv_nit, None),),
    "VE": (("RIF", ve_rif, None),),
}
# Numbers without a check digit: the library looks at their shape only.
_SHAPE_ONLY = frozenset({("CR", "CPF"), ("CR", "CPJ"), ("CR", "DIMEX")})


def elsewhere(compact: str, *, country: str, kind: str) -> tuple[str, str, Verdict, str, str | None] | None:
    """Kind, value, verdict, reason and party kind; None when no known kind has a number of that length."""
    refused = ""
    for name, module, party_kind in _MODULES[country]:
        if kind not in ("", name):
            continue
        try:
            value = str(module.validate(compact))
        except InvalidLength:
            refused = refused or (name if kind else "")
        except ValidationError:
            refused = name
        else:
            checked = (country, name) not in _SHAPE_ONLY
            verdict = Verdict.VALID_CHECKSUM if checked else Verdict.VALID_FORMAT
            reason = "the check digit agrees" if checked else "well formed; this kind of number has no check digit"
            return name, value, verdict, reason, party_kind
    if not refused:
        return None
    return refused, "", Verdict.INVALID, f"no valid {refused}: length, characters or check digit", None
