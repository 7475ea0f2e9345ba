"""Mexico: CONDUSEF 2014: 7-22 by the debtor's zone, no third parties; Sundays and once a day are the house's defaults."""

CASES = """
2026-11-23 07:00 voice_agent -> allow # at seven
2026-11-23 06:59 voice_agent -> mx.hours next=2026-11-23 07:00 # a minute early
2026-11-23 21:59 voice_agent -> allow # the last minute
2026-11-23 22:00 voice_agent -> mx.hours next=2026-11-24 07:00 # at twenty-two it is over
2026-11-23 23:00 whatsapp -> mx.hours next=2026-11-24 07:00 # messages too
2026-11-28 10:00 voice_agent -> allow # Saturday
2026-11-28 21:59 sms -> allow # Saturday until twenty-two
2026-11-28 22:00 sms -> mx.hours next=2026-11-30 07:00 # then Monday
2026-11-29 10:00 voice_agent -> mx.no_sundays next=2026-11-30 07:00 # Sunday is the house's default
2026-11-29 23:00 voice_agent -> mx.hours mx.no_sundays next=2026-11-30 07:00 # both
2026-11-16 10:00 voice_agent -> allow # the provisions know no holidays
2026-12-25 10:00 email -> allow # not even Christmas
2026-09-16 10:00 email -> allow # nor independence day
2026-11-23 15:00 voice_agent made=2026-11-23T10:00/voice_agent -> mx.once_a_day next=2026-11-24 07:00 # once a day, a default
2026-11-23 15:00 email made=2026-11-23T10:00/voice_agent -> mx.once_a_day # over all channels
2026-11-24 07:00 voice_agent made=2026-11-23T21:00/voice_agent -> allow # the next day
2026-11-23 15:00 voice_agent made=2026-11-23T10:00/voice_agent/no_answer -> mx.once_a_day # an attempt counts
2026-11-28 23:00 email made=2026-11-28T10:00/email -> mx.hours mx.once_a_day next=2026-11-30 07:00 # three rules until Monday
2026-11-23 15:00 email made=2026-11-23T10:00/email/delivered/confirmation -> allow # a receipt is no collection
2026-11-23 15:00 email made=2026-11-23T10:00/email purpose=confirmation -> allow # nor counted
2026-11-29 12:00 whatsapp purpose=service_reply wrote=2026-11-29T11:00/whatsapp -> allow # an answer on Sunday
2026-11-23 10:00 voice_agent role=aval -> allow # guarantors may be contacted
2026-11-23 10:00 voice_agent role=deudor_solidario -> allow # joint debtors too
2026-11-23 10:00 voice_agent role=codeudor -> allow # co-debtors too
2026-11-23 10:00 voice_agent role=referencia -> hub.references mx.references next=never # references never
2026-11-23 10:00 voice_agent relation=family -> hub.other_people mx.third_parties next=never # relatives never
2026-11-23 10:00 voice_agent relation=third_party -> hub.other_people mx.third_parties # third parties never
2026-11-23 10:00 voice_agent relation=work -> allow # a phone at work
2026-11-23 10:00 voice_agent consumer=business role=contacto_cobranza -> allow # a company's accounts payable
2026-11-23 23:00 voice_agent consumer=business -> mx.hours # the hours are for every debtor
2026-11-23 10:00 voice_agent consumer=unknown -> allow # unknown
2026-11-23 07:30 voice_agent sub=Baja_California tz=America/Mexico_City -> mx.hours next=2026-11-23 09:00 # half past five in Tijuana
2026-11-23 23:30 voice_agent city=Tijuana tz=America/Mexico_City -> allow # half past nine in Tijuana
2026-11-23 23:30 voice_agent phone=+526641234567 tz=America/Mexico_City -> allow # Tijuana by its area code
2026-11-23 06:30 voice_agent sub=Quintana_Roo tz=America/Mexico_City -> allow # half past seven in Cancún
2026-11-23 21:30 voice_agent city=Cancún tz=America/Mexico_City -> mx.hours # half past ten in Cancún
2026-11-23 21:30 voice_agent phone=+529981234567 tz=America/Mexico_City -> mx.hours # Cancún by its area code
2026-11-23 07:30 voice_agent sub=Sonora tz=America/Mexico_City -> mx.hours # half past six in Hermosillo
2026-07-01 22:30 voice_agent sub=Sonora tz=America/Mexico_City -> allow # half past nine in Sonora, all year
2026-07-01 08:30 voice_agent city=Tijuana tz=America/Mexico_City -> allow # in summer Tijuana is one hour behind
2026-07-01 22:30 voice_agent city=Ciudad_Juárez tz=America/Mexico_City -> mx.hours # Juárez keeps the border's summer time
2026-11-23 07:30 voice_agent city=Ciudad_Juárez tz=America/Mexico_City -> mx.hours # and its winter time
2026-11-23 07:30 voice_agent sub=Sinaloa tz=America/Mexico_City -> mx.hours # Mazatlán is an hour behind
2026-11-23 07:30 voice_agent city=Bahía_de_Banderas sub=Nayarit tz=America/Mexico_City -> allow # this bay keeps the capital's hour
2026-03-09 07:00 voice_agent city=Tijuana -> allow # the Monday after the border's clocks went forward
2026-11-23 10:00 voice_agent dispute -> hub.dispute # disputed
2026-11-23 10:00 voice_agent agreement -> hub.agreement # an agreement
2026-11-23 10:00 voice_agent status=settled -> hub.settled # paid
2026-11-23 10:00 voice_agent stage=legal -> hub.legal # in court
2026-11-23 10:00 voice_agent ban=all -> hub.do_not_contact # opted out
2026-11-23 10:00 voice_agent deceased -> hub.deceased # dead
2026-11-23 10:00 voice_agent no_points -> hub.no_contact_point # nothing to reach them by
2026-11-23 10:00 webchat no_points -> allow # a chat needs no contact point
"""
