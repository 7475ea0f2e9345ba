"""Peru: Ley 29571 arts. 61-62: forbidden 20-7 and on Saturdays, Sundays, holidays; offers need consent (Ley 32323)."""

CASES = """
2026-11-23 07:00 voice_agent -> allow # Monday at seven
2026-11-23 06:59 voice_agent -> pe.hours next=2026-11-23 07:00 # a minute early
2026-11-23 19:59 voice_agent -> allow # the last minute
2026-11-23 20:00 voice_agent -> pe.hours next=2026-11-24 07:00 # forbidden from twenty on
2026-11-24 03:00 voice_agent -> pe.hours next=2026-11-24 07:00 # in the night
2026-11-27 20:30 voice_agent -> pe.hours next=2026-11-30 07:00 # Friday evening: until Monday
2026-11-28 10:00 voice_agent -> pe.hours next=2026-11-30 07:00 # never on Saturday
2026-11-29 10:00 voice_agent -> pe.hours next=2026-11-30 07:00 # never on Sunday
2026-11-28 10:00 visit -> pe.hours # visits neither
2026-11-28 10:00 email -> pe.hours # every channel here
2026-11-28 10:00 sms -> pe.hours # a message too
2026-11-28 10:00 letter -> pe.hours # a letter too
2026-11-23 10:00 visit -> allow # a visit on a weekday
2026-12-08 10:00 voice_agent -> pe.hours next=2026-12-10 07:00 # Immaculate Conception, and Ayacucho the day after
2026-07-28 10:00 voice_agent -> pe.hours next=2026-07-30 07:00 # Fiestas Patrias
2026-07-23 10:00 voice_agent -> pe.hours next=2026-07-24 07:00 # air force day
2026-08-06 10:00 voice_agent -> pe.hours next=2026-08-07 07:00 # Junín
2026-10-08 10:00 voice_agent -> pe.hours next=2026-10-09 07:00 # Angamos
2026-04-02 10:00 voice_agent -> pe.hours next=2026-04-06 07:00 # Maundy Thursday until Monday
2026-12-24 10:00 voice_agent -> allow # Christmas Eve is no holiday
2026-12-25 10:00 voice_agent -> pe.hours next=2026-12-28 07:00 # Christmas on Friday
2026-11-23 15:00 voice_agent made=2026-11-23T10:00/voice_agent -> allow # no number limits how often
2026-11-23 15:00 email made=2026-11-23T10:00/voice_agent made=2026-11-23T11:00/sms -> allow # nor over channels
2026-11-23 10:00 email purpose=offer no_consent -> pe.offers next=never # an offer needs consent
2026-11-23 10:00 email purpose=offer no_consent consent=granted/email/2026-01-01 -> allow # given before
2026-11-23 10:00 sms purpose=offer no_consent consent=granted/email/2026-01-01 -> pe.offers # for another channel
2026-11-23 10:00 email purpose=offer consent=revoked/email/2026-11-22 -> hub.do_not_contact pe.offers # taken back at once
2026-11-23 10:00 email no_consent -> allow # collection itself needs none
2026-11-28 10:00 email purpose=offer -> pe.hours # an offer keeps the hours
2026-11-28 10:00 email purpose=confirmation -> pe.hours # so does a confirmation, strictly
2026-11-28 10:00 whatsapp purpose=service_reply wrote=2026-11-28T09:00/whatsapp -> allow # an answer on Saturday
2026-11-28 10:00 whatsapp purpose=service_reply -> hub.nobody_wrote # to nobody's question
2026-11-23 10:00 voice_agent role=fiador -> allow # the guarantor
2026-11-28 10:00 voice_agent role=fiador -> pe.hours # under the same hours
2026-11-23 20:30 voice_agent role=aval -> pe.hours next=2026-11-24 07:00 # and in the evening
2026-11-23 10:00 voice_agent role=referencia -> hub.references next=never # a reference
2026-11-23 10:00 voice_agent relation=family -> hub.other_people # a relative
2026-11-23 10:00 voice_agent relation=unknown -> hub.other_people # nobody knows whose
2026-11-28 10:00 voice_agent consumer=business -> allow # the code protects consumers
2026-11-28 10:00 voice_agent consumer=unknown -> pe.hours # unknown is a consumer
2026-11-23 08:00 voice_agent tz=America/Santiago -> pe.hours next=2026-11-23 09:00 # six in Lima
2026-11-23 10:00 voice_agent dispute -> hub.dispute # disputed
2026-11-23 10:00 voice_agent agreement -> hub.agreement # an agreement
2026-11-23 10:00 voice_agent agreement purpose=agreement_follow_up -> allow # about it
2026-11-23 10:00 voice_agent status=settled -> hub.settled # paid
2026-11-23 10:00 voice_agent status=cancelled -> hub.nothing_owed # cancelled
2026-11-23 10:00 voice_agent ban=all -> hub.do_not_contact # opted out
2026-11-23 10:00 voice_agent announced=2026-11-20T09:00 -> allow # three days later to the hour
2026-11-23 08:00 voice_agent announced=2026-11-20T09:00 -> hub.announced_payment next=2026-11-23 09:00 # an hour before
"""
