"""What is known of mail addresses by their words: role mailboxes, disposable domains, mistyped domains. Data only."""

from __future__ import annotations

from concilia.normalize.folding import words

ROLE_LOCALS = words(
    "abuse adm admin administracao administracion administrador atencion atencionalcliente atencioncliente "
    "atendimento bodega caja casilla cobranca cobrancas cobranza cobranzas cobros comercial compras contabilidad "
    "contabilidade contacto contador contact contas contato correo cuentasporcobrar cuentasporpagar cxc cxp direccion "
    "dte dterecepcion egresos facturacion facturaelectronica factura facturas facturaselectronicas faturamento "
    "finanzas financas financeiro finance fiscal gerencia hostmaster info informacion informaciones informes juridico "
    "legal mesadeayuda nfe notificaciones oficina operaciones pago pagos pagoproveedores pagoaproveedores postmaster "
    "proveedores recepcion recepciondte recepcionfacturas recepcao remuneraciones reservas rh rrhh sac secretaria "
    "servicioalcliente servicios soporte suporte support tesoreria tesouraria vendas ventas webmaster"
)
# RFC 2606 keeps example.* for examples; the Spanish and Portuguese words are used alike. Mail to them goes nowhere, but
# two records with one such address still say the same.
RESERVED_DOMAINS = words("example.com example.org example.net ejemplo.com ejemplo.cl exemplo.com exemplo.com.br")
DISPOSABLE_DOMAINS = words(
    "10minutemail.com 10minutemail.net 20minutemail.com 33mail.com burnermail.io discard.email discardmail.com "
    "dispostable.com dropmail.me emailondeck.com fakeinbox.com fakemail.net getairmail.com getnada.com grr.la "
    "guerrillamail.biz guerrillamail.com guerrillamail.net guerrillamail.org guerrillamailblock.com harakirimail.com "
    "inboxbear.com mail-temp.com mailcatch.com maildrop.cc mailinator.com mailnesia.com mailnull.com mailsac.com "
    "minuteinbox.com mintemail.com moakt.com mohmal.com mytemp.email nada.email sharklasers.com spam4.me spambox.us "
    "spamgourmet.com temp-mail.io temp-mail.org tempail.com tempinbox.com tempmail.com tempmail.net "
    "tempmailaddress.com tempr.email throwawaymail.com trashmail.com trashmail.de yopmail.com yopmail.fr yopmail.net"
)
# A mistyped domain may belong to somebody who collects such mail, so it is refused, never used.
MISTYPED_DOMAINS = {
    wrong: right
    for right, wrongs in {
        "gmail.com": "gmial.com gmai.com gmal.com gmil.com gnail.com gmaill.com gmali.com gamil.com gemail.com "
        "gmaul.com gmeil.com ggmail.com gmsil.com gmaik.com gmail.co gmail.cm gmail.om gmail.comm gmail.cl gmail.es "
        "gmail.com.mx gmail.com.co gmail.com.ar gmail.com.br gmail.com.pe gmail.net gmailcom gmail gimail.com",
        "hotmail.com": "hotmial.com hotmal.com homail.com hotmai.com hotmil.com hotamil.com hotmaill.com hotmaul.com "
        "hormail.com jotmail.com hotmeil.com hotnail.com htmail.com hotmail.co hotmail.cm hotmail.om hotmail.comm "
        "hotmailcom hotmail hitmail.com hotmali.com otmail.com hotmsil.com rotmail.com",
        "outlook.com": "outlok.com outloo.com outllok.com outlock.com outloock.com outlook.co outlook.cm outllook.com "
        "oulook.com otlook.com outlookcom outlook autlook.com outlool.com",
        "yahoo.com": "yaho.com yahooo.com yahho.com yhaoo.com yahoo.co yahoo.cm yhoo.com yaoo.com yajoo.com llahoo.com "
        "yahoocom yahoo iahoo.com",
        "icloud.com": "iclod.com icoud.com iclou.com icloud.co icluod.com iclaud.com",
        "live.com": "livee.com live.co lvie.com",
        "hotmail.cl": "hotmial.cl hotmal.cl homail.cl hotmai.cl",
    }.items()
    for wrong in wrongs.split()
}
# Endings that no registry has, and the one that was meant.
MISTYPED_ENDINGS = {
    "con": "com", "cim": "com", "vom": "com", "xom": "com", "ocm": "com", "cpm": "com", "copm": "com", "comm": "com",
    "coom": "com", "cmo": "com", "c0m": "com", "cm0": "com", "com1": "com", "ckm": "com", "cok": "com", "clm": "cl",
    "cll": "cl", "nte": "net", "ner": "net",
}  # fmt: skip
# Names of large providers; a name one slip away from them is pointed out unless it is a provider itself.
LARGE_PROVIDERS = ("gmail", "hotmail", "outlook", "yahoo", "icloud")
NEIGHBOURS = frozenset(
    {"gmail", "hotmail", "outlook", "yahoo", "icloud", "mail", "ymail", "email", "fmail", "rmail", "zmail"}
)
