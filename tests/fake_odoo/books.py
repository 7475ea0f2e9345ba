"""The books of the small Odoo: partners, invoices, payments, reconciliations, notes, and the methods people press.

What differs between the series is taken from their published sources: the memo of a payment is `ref` up to 17 and
`memo` from 18; its state is that of its entry up to 17 and its own from 18; the type of an account stands in
`account_internal_type` up to 15; `mobile` is gone in 19. Reconciling recomputes what is open and stamps neither the
invoice nor its lines; undoing a reconciliation deletes its row and stamps nothing.
"""

from __future__ import annotations

import datetime as dt
import html
from decimal import Decimal
from typing import Any

from tests.fake_odoo.orm import Database, Field, Refused, Row, user_error

CUSTOMER = ("out_invoice", "out_refund")
TODO = "mail.mail_activity_data_todo"


def char(*names: str) -> dict[str, Field]:
    return {name: Field("char") for name in names}


class Books:
    """One database of one series."""

    def __init__(self, series: int = 17, *, latam: bool = True, outstanding: bool = True) -> None:
        self.series = series
        self.outstanding = outstanding  # from 18 on: whether payments have journal entries at all
        self.lock_date = dt.date(2020, 1, 1)
        self.forbidden: set[tuple[str, str]] = set()
        self.db = Database()
        self._models(latam=latam)
        self._masters(latam=latam)

    # --- what exists -------------------------------------------------------------------------------------------

    def _models(self, *, latam: bool) -> None:
        db = self.db
        link = lambda to: Field("many2one", to)  # noqa: E731
        db.model("res.country", **char("name", "code"))
        db.model("res.country.state", **char("name", "code"), country_id=link("res.country"))
        db.model("res.currency", **char("name"), decimal_places=Field("integer"), active=Field("boolean"))
        db.model("res.company", **char("name"), currency_id=link("res.currency"))
        db.model(
            "res.users", **char("login"), company_id=link("res.company"), company_ids=Field("many2many", "res.company")
        )
        partner = {
            **char("name", "ref", "lang", "vat", "email", "phone", "street", "street2", "city", "zip", "type", "function"),
            **({} if self.series >= 19 else char("mobile")),
            "is_company": Field("boolean"), "active": Field("boolean"), "customer_rank": Field("integer"),
            "parent_id": link("res.partner"), "company_id": link("res.company"), "country_id": link("res.country"),
            "state_id": link("res.country.state"),
            "commercial_partner_id": Field("many2one", "res.partner", compute=self._commercial),
        }  # fmt: skip
        if latam:
            db.model("l10n_latam.identification.type", **char("name"), country_id=link("res.country"),
                     is_vat=Field("boolean"))  # fmt: skip
            partner["l10n_latam_identification_type_id"] = link("l10n_latam.identification.type")
        db.model("res.partner", **partner)
        db.model(
            "account.journal", **char("name", "code", "type"), company_id=link("res.company"), active=Field("boolean")
        )
        db.model("account.payment.method.line", **char("name", "payment_type"), journal_id=link("account.journal"))
        db.model(
            "account.move",
            **char("name", "ref", "payment_reference", "invoice_origin", "move_type", "state"),
            partner_id=link("res.partner"), company_id=link("res.company"), currency_id=link("res.currency"),
            commercial_partner_id=Field("many2one", "res.partner", compute=self._owing), posted_before=Field("boolean"),
            invoice_date=Field("date"), invoice_date_due=Field("date"),
            amount_total=Field("monetary"), amount_residual=Field("monetary", compute=self._open_of_move),
            payment_state=Field("char", compute=self._payment_state),
        )  # fmt: skip
        kind = "account_type" if self.series >= 16 else "account_internal_type"
        db.model(
            "account.move.line", **char("name", kind), date_maturity=Field("date"), balance=Field("monetary"),
            move_id=link("account.move"), currency_id=link("res.currency"), amount_currency=Field("monetary"),
            payment_id=link("account.payment"), reconciled=Field("boolean", compute=lambda row: not self._open(row)),
            amount_residual=Field("monetary", compute=lambda row: self._open(row) * self._rate(row)),
            amount_residual_currency=Field("monetary", compute=self._open),
            matched_debit_ids=Field("one2many", "account.partial.reconcile", "credit_move_id"),
            matched_credit_ids=Field("one2many", "account.partial.reconcile", "debit_move_id"),
        )  # fmt: skip
        db.model(
            "account.partial.reconcile", debit_move_id=link("account.move.line"), credit_move_id=link("account.move.line"),
            amount=Field("monetary"), debit_amount_currency=Field("monetary"), credit_amount_currency=Field("monetary"),
        )  # fmt: skip
        payment = {
            **char("name", "payment_type", "partner_type", "payment_reference"),
            **(char("memo", "state") if self.series >= 18 else {}),
            "partner_id": link("res.partner"), "amount": Field("monetary"), "currency_id": link("res.currency"),
            "date": Field("date"), "journal_id": link("account.journal"), "company_id": link("res.company"),
            "move_id": link("account.move"), "is_reconciled": Field("boolean", compute=self._payment_reconciled),
            "payment_method_line_id": link("account.payment.method.line"),
        }  # fmt: skip
        if self.series >= 18:
            payment["invoice_ids"] = Field("many2many", "account.move")
            payment["reconciled_statement_line_ids"] = Field("many2many", "account.move.line")
        else:  # the payment inherits the entry's fields
            payment["ref"] = Field("char", compute=lambda row: self._entry(row).get("ref"))
            payment["state"] = Field("char", compute=lambda row: self._entry(row).get("state"))
            payment["reconciled_statement_ids"] = Field("many2many", "account.move.line")
        db.model("account.payment", **payment)
        wizard = {
            **char("communication", "payment_difference_handling"), "payment_date": Field("date"),
            "amount": Field("monetary"), "currency_id": link("res.currency"), "journal_id": link("account.journal"),
            "group_payment": Field("boolean"), "moves": Field("many2many", "account.move"),
        }  # fmt: skip
        if self.series >= 15:
            wizard["payment_method_line_id"] = link("account.payment.method.line")
        db.model("account.payment.register", **wizard)
        db.model("mail.message", **char("body", "model", "message_type", "subtype"), res_id=Field("integer"),
                 date=Field("datetime"))  # fmt: skip
        db.model("mail.activity", **char("summary", "note", "res_model"), res_id=Field("integer"),
                 date_deadline=Field("date"))  # fmt: skip

    def _masters(self, *, latam: bool) -> None:
        db = self.db
        self.chile = db.add("res.country", name="Chile", code="CL")
        self.region = db.add("res.country.state", name="Metropolitana (CL)", code="RM", country_id=self.chile)
        self.clp = db.add("res.currency", name="CLP", decimal_places=0, active=True)
        self.usd = db.add("res.currency", name="USD", decimal_places=2, active=True)
        self.company = db.add("res.company", name="Acreedora SpA", currency_id=self.clp)
        self.sister = db.add("res.company", name="Hermana SpA", currency_id=self.clp)
        self.user = db.add(
            "res.users", login="cobranza", company_id=self.company, company_ids=[self.company, self.sister]
        )
        self.trainee = db.add("res.users", login="becaria", company_id=self.company, company_ids=[self.company])
        self.rut = 0
        if latam:
            self.rut = db.add("l10n_latam.identification.type", name="RUT", country_id=self.chile, is_vat=True)
        self.bank = db.add("account.journal", name="Banco Estado", code="BNK1", type="bank", company_id=self.company,
                           active=True)  # fmt: skip
        db.add("account.journal", name="Ventas", code="INV", type="sale", company_id=self.company, active=True)
        self.manual = db.add("account.payment.method.line", name="Manual", payment_type="inbound", journal_id=self.bank)

    # --- computed ----------------------------------------------------------------------------------------------

    def _commercial(self, row: Row) -> int:
        while row.get("parent_id") and not row.get("is_company"):
            row = self.db.row("res.partner", row["parent_id"])
        return int(row["id"])

    def _owing(self, move: Row) -> int | None:
        return self._commercial(self.db.row("res.partner", move["partner_id"])) if move.get("partner_id") else None

    def _entry(self, payment: Row) -> Row:
        return self.db.row("account.move", payment["move_id"]) if payment.get("move_id") else {}

    def _rate(self, line: Row) -> Decimal:
        return Decimal(950) if line.get("currency_id") == self.usd else Decimal(1)

    def _open(self, line: Row) -> Decimal:
        left = Decimal(line.get("amount_currency") or 0)
        for match in self.db.known("account.partial.reconcile").rows.values():
            if match["debit_move_id"] == line["id"]:
                left -= match["debit_amount_currency"]
            if match["credit_move_id"] == line["id"]:
                left += match["credit_amount_currency"]
        return left

    def lines(self, move: int) -> list[Row]:
        kind = "account_type" if self.series >= 16 else "account_internal_type"
        wanted = "asset_receivable" if self.series >= 16 else "receivable"
        rows = self.db.known("account.move.line").rows.values()
        return [row for row in rows if row["move_id"] == move and row.get(kind) == wanted]

    def _open_of_move(self, move: Row) -> Decimal:
        return abs(sum((self._open(line) for line in self.lines(move["id"])), Decimal(0)))

    def _payment_state(self, move: Row) -> str | None:
        if move.get("move_type") not in CUSTOMER:
            return None
        left = self._open_of_move(move)
        if not left and move["state"] == "posted":
            return "paid"
        return "partial" if left != move["amount_total"] else "not_paid"

    def _payment_reconciled(self, payment: Row) -> bool:
        return bool(payment.get("move_id")) and not self._open_of_move(self._entry(payment))

    # --- what people do at their screens -----------------------------------------------------------------------

    def partner(self, name: str, **values: Any) -> int:
        given = {"active": True, "is_company": False, "company_id": None, **values}
        return self.db.add("res.partner", name=name, **given)

    def invoice(self, partner: int, *amounts: str, **values: Any) -> int:
        """A posted invoice with an instalment for each amount, due a month apart from 2026-10-01 on."""
        currency = values.pop("currency_id", self.clp)
        kind = values.pop("move_type", "out_invoice")
        total = sum((Decimal(one) for one in amounts), Decimal(0))
        number = f"F {self.db.serial + 1:06d}"
        state = values.pop("state", "posted")
        move = self.db.add(
            "account.move", name=number, move_type=kind, state=state, posted_before=state != "draft", partner_id=partner,
            currency_id=currency, company_id=values.pop("company_id", self.company), amount_total=total,
            invoice_date=dt.date(2026, 9, 1), invoice_date_due=dt.date(2026, 10, 1), **values,
        )  # fmt: skip
        sign = -1 if kind == "out_refund" else 1
        for place, one in enumerate(amounts):
            self._line(move, sign * Decimal(one), currency=currency, due=dt.date(2026, 10 + place, 1))
        return move

    def _line(self, move: int, amount: Decimal, *, currency: int, due: dt.date | None = None, **more: Any) -> int:
        kind, value = (
            ("account_type", "asset_receivable") if self.series >= 16 else ("account_internal_type", "receivable")
        )
        rate = Decimal(950) if currency == self.usd else Decimal(1)
        return self.db.add(
            "account.move.line", move_id=move, currency_id=currency, amount_currency=amount, balance=amount * rate,
            date_maturity=due, **{kind: value}, **more,
        )  # fmt: skip

    def pay(self, move: int, amount: str, *, memo: str = "", day: str = "2026-11-01") -> int:
        """A payment registered by hand on an invoice."""
        return self._payment(self.db.row("account.move", move), Decimal(amount), memo=memo, day=day)

    def _payment(self, move: Row, amount: Decimal, *, memo: str, day: str, journal: int = 0) -> int:
        date = dt.date.fromisoformat(day)
        if date <= self.lock_date:
            raise user_error(f"You cannot add/modify entries prior to and inclusive of the lock date {self.lock_date}.")
        cells: Row = {"ref": memo} if self.series < 18 else {}
        has_entry = self.outstanding or self.series < 18
        entry = None
        if has_entry:
            entry = self.db.add(
                "account.move", name=f"PBNK1/{self.db.serial}", move_type="entry", state="posted",
                company_id=move["company_id"], partner_id=move["partner_id"], currency_id=move["currency_id"], **cells,
            )  # fmt: skip
        own: Row = {} if self.series < 18 else {"memo": memo, "state": "in_process", "invoice_ids": [move["id"]]}
        payment = self.db.add(
            "account.payment", name=f"PBNK1/{self.db.serial}", payment_type="inbound", partner_type="customer",
            partner_id=self._owing(move), amount=amount, currency_id=move["currency_id"], date=date, move_id=entry,
            journal_id=journal or self.bank, company_id=move["company_id"], payment_method_line_id=self.manual, **own,
        )  # fmt: skip
        if entry is not None:
            credit = self._line(entry, -amount, currency=move["currency_id"], payment_id=payment)
            self.reconcile(move["id"], credit)
        return payment

    def reconcile(self, move: int, credit: int) -> None:
        """Match a credit with the open instalments, oldest first. Stamps neither side."""
        lines = sorted(self.lines(move), key=lambda line: (line["date_maturity"] or dt.date.max, line["id"]))
        for line in lines:
            part = min(self._open(line), -self._open(self.db.row("account.move.line", credit)))
            if part > 0:
                self.db.add(
                    "account.partial.reconcile", debit_move_id=line["id"], credit_move_id=credit, amount=part,
                    debit_amount_currency=part, credit_amount_currency=part,
                )  # fmt: skip

    def unreconcile(self, move: int) -> None:
        """Take back all matches of a move's receivable lines: rows go, nothing is stamped."""
        own = {line["id"] for line in self.lines(move)}
        matches = self.db.known("account.partial.reconcile").rows
        for number, match in list(matches.items()):
            if {match["debit_move_id"], match["credit_move_id"]} & own:
                del matches[number]

    # --- methods that are called -------------------------------------------------------------------------------

    def call(self, model: str, method: str, ids: list[int], arguments: Row, context: Row) -> Any:
        self.db.known(model)
        self._refuse_forbidden(model, method, context=context)
        special = getattr(self, f"_{model.replace('.', '_')}_{method}", None) or getattr(self, f"_any_{method}", None)
        if special is None:
            raise Refused("builtins.AttributeError", f"The method '{model}.{method}' does not exist")
        return special(model, ids, arguments, context)

    def _may(self, model: str, access: str, context: Row) -> bool:
        of_trainee = context.get("uid") == self.trainee and model == "account.payment"
        return (model, access) not in self.forbidden and not of_trainee

    def _refuse_forbidden(self, model: str, method: str, *, context: Row) -> None:
        access = {"search_read": "read", "search_count": "read", "create": "create", "write": "write"}.get(method, "")
        if access and not self._may(model, access, context):
            raise Refused("odoo.exceptions.AccessError", f"You are not allowed to access '{model}' records.")

    def _any_search_read(self, model: str, _: Any, given: Row, context: Row) -> list[Row]:
        numbers = self._found(model, given.get("domain") or [], context)
        limit = given.get("limit") or len(numbers)
        return self.db.read(model, numbers[given.get("offset", 0) :][:limit], given.get("fields") or [])

    def _any_search_count(self, model: str, _: Any, given: Row, context: Row) -> int:
        return len(self._found(model, given["domain"], context))

    def _found(self, model: str, domain: list[Any], context: Row) -> list[int]:
        """What a search finds: rules keep other companies out."""
        allowed = context.get("allowed_company_ids") or [self.company, self.sister]
        rule = [["company_id", "in", [False, *allowed]]] if "company_id" in self.db.known(model).fields else []
        if model == "res.users":
            rule = []
        return self.db.search(model, [*rule, *domain], active_test=context.get("active_test", True))

    def _any_fields_get(self, model: str, _: Any, __: Row, ___: Row) -> Row:
        return {name: {"type": one.kind} for name, one in self.db.known(model).fields.items()}

    def _any_create(self, model: str, _: Any, given: Row, __: Row) -> list[int]:
        return [self.db.add(model, **self._cells(model, values)) for values in given["vals_list"]]

    def _any_write(self, model: str, ids: list[int], given: Row, _: Row) -> bool:
        for number in ids:
            self.db.put(model, number, **self._cells(model, given["vals"]))
        return True

    def _cells(self, model: str, values: Row) -> Row:
        kinds = self.db.known(model).fields

        def ours(name: str, value: Any) -> Any:
            kind = kinds[name].kind if name in kinds else ""
            if value is False and kind != "boolean":
                return None
            if kind == "date" and isinstance(value, str):
                return dt.date.fromisoformat(value)
            if kind == "monetary":
                if isinstance(value, str):
                    raise Refused("builtins.ValueError", f"could not convert string to float: {value!r}")
                return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
            return value

        return {name: ours(name, value) for name, value in values.items()}

    def _any_check_access_rights(self, model: str, _: Any, given: Row, context: Row) -> bool:
        if self.series >= 19:
            raise Refused("builtins.AttributeError", f"The method '{model}.check_access_rights' does not exist")
        return self._may(model, given["operation"], context)

    def _any_has_access(self, model: str, _: Any, given: Row, context: Row) -> bool:
        if self.series < 18:
            raise Refused("builtins.AttributeError", f"The method '{model}.has_access' does not exist")
        return self._may(model, given["operation"], context)

    def _res_users_context_get(self, _: str, __: Any, ___: Row, context: Row) -> Row:
        return {"lang": "es_CL", "tz": "America/Santiago", "uid": context["uid"]}

    def _mail_message_default_get(self, _: str, __: Any, given: Row, ___: Row) -> Row:
        asked = given.get("fields") or given.get("fields_list") or []
        return {"date": self.db.now.strftime("%Y-%m-%d %H:%M:%S")} if "date" in asked else {}

    def _account_payment_register_create(self, model: str, _: Any, given: Row, context: Row) -> list[int]:
        if context.get("active_model") != "account.move":
            raise user_error("The register payment wizard should only be called on account.move records.")
        moves = list(context["active_ids"])
        if not any(self._open(line) for move in moves for line in self.lines(move)):
            raise user_error("There's nothing left to pay for the selected journal items, so no payment registration is "
                             "necessary. You've got your finances under control like a boss!")  # fmt: skip
        return [self.db.add(model, **self._cells(model, values), moves=moves) for values in given["vals_list"]]

    def _account_payment_register_action_create_payments(self, _: str, ids: list[int], __: Row, ___: Row) -> Row:
        wizard = self.db.row("account.payment.register", ids[0])
        [move] = wizard["moves"]
        if wizard.get("payment_difference_handling") != "open":
            raise user_error("This test's Odoo writes nothing off.")
        made = self._payment(
            self.db.row("account.move", move), wizard["amount"], memo=wizard["communication"] or "",
            day=wizard["payment_date"].isoformat(), journal=wizard["journal_id"],
        )  # fmt: skip
        return {"type": "ir.actions.act_window", "res_model": "account.payment", "res_id": made, "context": {}}

    def _account_payment_action_draft(self, _: str, ids: list[int], __: Row, ___: Row) -> None:
        for number in ids:
            payment = self.db.row("account.payment", number)
            if payment["date"] <= self.lock_date:
                raise user_error(
                    f"You cannot add/modify entries prior to and inclusive of the lock date {self.lock_date}."
                )
            if payment.get("move_id"):
                self.unreconcile(payment["move_id"])
                self.db.put("account.move", payment["move_id"], state="draft")
            if self.series >= 18:
                self.db.put("account.payment", number, state="draft")

    def _account_payment_action_cancel(self, _: str, ids: list[int], __: Row, ___: Row) -> None:
        for number in ids:
            payment = self.db.row("account.payment", number)
            if self.series >= 18:
                entry = payment.get("move_id")
                self.db.put("account.payment", number, state="canceled", move_id=None)
                if entry:
                    for line in self.lines(entry):
                        del self.db.known("account.move.line").rows[line["id"]]
                    del self.db.known("account.move").rows[entry]
            else:
                self.db.put("account.move", payment["move_id"], state="cancel")

    def _any_message_post(self, model: str, ids: list[int], given: Row, _: Row) -> list[int]:
        if "body_is_html" in given and self.series < 17:
            raise Refused("builtins.TypeError", "message_post() got an unexpected keyword argument 'body_is_html'")
        body = given["body"]
        if self.series >= 17 and not given.get("body_is_html"):
            body = html.escape(body)
        self.db.row(model, ids[0])
        said = {"body": body, "message_type": given["message_type"], "subtype": given["subtype_xmlid"]}
        return [self.db.add("mail.message", model=model, res_id=ids[0], date=self.db.now, **said)]

    def _any_activity_schedule(self, model: str, ids: list[int], given: Row, _: Row) -> str:
        if given["act_type_xmlid"] != TODO:
            raise Refused("builtins.ValueError", f"External ID not found in the system: {given['act_type_xmlid']}")
        due = dt.date.fromisoformat(given["date_deadline"])
        number = self.db.add(
            "mail.activity",
            summary=given["summary"],
            note=given["note"],
            res_model=model,
            res_id=ids[0],
            date_deadline=due,
        )
        return f"mail.activity({number},)"

    def _mail_activity_action_feedback(self, _: str, ids: list[int], given: Row, __: Row) -> int:
        for number in ids:
            done = self.db.row("mail.activity", number)
            body = f"<div><span>To Do</span> done : {done['summary']}<div>{done['note']}</div>{given['feedback']}</div>"
            self.db.add("mail.message", body=body, model=done["res_model"], res_id=done["res_id"], date=self.db.now,
                        message_type="notification", subtype="mail.mt_activities")  # fmt: skip
            del self.db.known("mail.activity").rows[number]
        return 0

    # --- for tests ---------------------------------------------------------------------------------------------

    def tick(self, seconds: float = 1) -> None:
        self.db.now += dt.timedelta(seconds=seconds)

    def ledger(self, move: int) -> list[tuple[str, Decimal]]:
        """Memo and amount of the payments that are matched with an invoice or wait for it."""
        found = []
        for payment in self.db.known("account.payment").rows.values():
            memo = payment.get("memo") or self._entry(payment).get("ref") or ""
            state = payment.get("state") or self._entry(payment).get("state")
            matched = bool(payment.get("move_id")) and any(
                match["debit_move_id"] in {line["id"] for line in self.lines(move)}
                for line in self.lines(payment["move_id"])
                for match in self.db.known("account.partial.reconcile").rows.values()
                if match["credit_move_id"] == line["id"]
            )
            if (matched or move in (payment.get("invoice_ids") or [])) and state not in ("cancel", "canceled", "draft"):
                found.append((memo, payment["amount"]))
        return found

    def owed(self, move: int) -> Decimal:
        return self._open_of_move(self.db.row("account.move", move))
