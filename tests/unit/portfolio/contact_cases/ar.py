"""Argentina: Ley 24.240 art. 8 bis; CABA Ley 6171: not 20-8 Mon-Fri, Sat only 10-12, no holidays, held nationwide."""

CASES = """
2026-11-24 08:00 voice_agent -> allow # Tuesday at eight
2026-11-24 07:59 voice_agent -> ar.hours next=2026-11-24 08:00 # a minute early
2026-11-24 19:59 voice_agent -> allow # the last minute
2026-11-24 20:00 voice_agent -> ar.hours next=2026-11-25 08:00 # forbidden from twenty on
2026-11-24 22:00 sms -> ar.hours next=2026-11-25 08:00 # messages too
2026-11-28 10:00 voice_agent -> allow # Saturday from ten
2026-11-28 09:59 voice_agent -> ar.hours next=2026-11-28 10:00 # not earlier
2026-11-28 11:59 voice_agent -> allow # until twelve
2026-11-28 12:00 voice_agent -> ar.hours next=2026-11-30 08:00 # not later
2026-11-29 10:30 voice_agent -> ar.hours next=2026-11-30 08:00 # never on Sunday
2026-11-23 10:00 voice_agent -> ar.hours next=2026-11-24 08:00 # Soberanía Nacional, moved to Monday
2026-12-07 10:00 voice_agent -> ar.hours next=2026-12-09 08:00 # a bridge day and Immaculate Conception
2026-11-10 10:00 voice_agent -> ar.hours next=2026-11-11 08:00 # a day that a decree made a holiday
2026-03-24 10:00 voice_agent -> ar.hours next=2026-03-25 08:00 # Memoria
2026-07-10 10:00 voice_agent -> ar.hours next=2026-07-11 10:00 # a bridge day, then Saturday at ten
2026-12-25 10:00 email -> ar.hours next=2026-12-26 10:00 # Christmas, then Saturday at ten
2026-05-25 10:00 email -> ar.hours next=2026-05-26 08:00 # 25 de Mayo
2026-11-24 20:00 voice_agent city=Buenos_Aires sub=CABA -> ar.hours ar_c.hours next=2026-11-25 08:00 # in the city its own law
2026-11-28 12:00 voice_agent residence=C -> ar.hours ar_c.hours # on Saturday too
2026-11-29 10:30 email residence=C -> ar.hours ar_c.hours next=2026-11-30 08:00 # and Sunday
2026-11-24 20:00 voice_agent phone=+5491145678901 -> ar.hours ar_c.hours # area code 11 is held for the city
2026-11-24 20:00 voice_agent city=Tigre sub=Buenos_Aires -> ar.hours # the province is not the city
2026-11-24 20:00 voice_agent residence=X -> ar.hours # Córdoba: the default alone
2026-11-24 10:00 voice_agent residence=V -> allow # Ushuaia on a weekday
2026-11-24 15:00 voice_agent made=2026-11-24T10:00/voice_agent -> allow # no number limits how often
2026-11-24 15:00 email made=2026-11-24T10:00/voice_agent made=2026-11-24T11:00/sms -> allow # nor over channels
2026-11-24 10:00 voice_agent relation=work -> ar.work next=never # never at work
2026-11-24 10:00 email relation=work -> ar.work # nor by e-mail there
2026-11-24 10:00 voice_agent relation=family -> ar.third_parties hub.other_people # no relatives
2026-11-24 10:00 voice_agent relation=third_party -> ar.third_parties hub.other_people # no third parties
2026-11-24 10:00 voice_agent consumer=business relation=work -> allow # a company is at work
2026-11-29 10:00 voice_agent consumer=business -> allow # consumer debts only
2026-11-29 10:00 voice_agent consumer=unknown -> ar.hours # unknown is a consumer
2026-11-24 10:00 voice_agent role=fiador -> allow # the guarantor
2026-11-29 10:00 voice_agent role=fiador -> ar.hours # in the same hours
2026-11-24 10:00 voice_agent role=referencia -> hub.references next=never # a reference
2026-11-29 10:00 whatsapp purpose=service_reply wrote=2026-11-29T09:30/whatsapp -> allow # an answer on Sunday
2026-11-29 10:00 whatsapp purpose=service_reply wrote=2026-11-27T09:30/whatsapp -> hub.nobody_wrote # too old to be one
2026-11-29 10:00 email purpose=confirmation -> ar.hours # a receipt waits for the hours
2026-11-24 10:00 letter -> allow # a letter
2026-11-24 10:00 visit -> allow # a visit at home
2026-11-24 10:00 visit relation=work -> ar.work # not at work
2026-11-24 10:00 voice_agent dispute -> hub.dispute # disputed
2026-11-24 10:00 voice_agent agreement -> hub.agreement # an agreement
2026-11-24 10:00 voice_agent agreement purpose=agreement_follow_up -> allow # about it
2026-11-24 10:00 voice_agent status=settled -> hub.settled # paid
2026-11-24 10:00 voice_agent stage=legal -> hub.legal # in court
2026-11-24 10:00 voice_agent ban=all -> hub.do_not_contact # opted out
2026-11-24 10:00 voice_agent due=2026-12-10 -> hub.not_due next=2026-12-11 08:00 # not due yet
2026-11-24 07:30 voice_agent tz=America/Santiago -> ar.hours # Santiago and Buenos Aires agree in summer
2026-07-01 07:30 voice_agent tz=America/Santiago -> allow # in winter they do not
"""
