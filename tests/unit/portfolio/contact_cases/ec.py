"""Ecuador: LODC art. 49 (2022): Mon-Fri 7-20, none on weekends and holidays, once a day, nobody but who is liable."""

CASES = """
2026-11-23 07:00 voice_agent -> allow # Monday at seven
2026-11-23 06:59 voice_agent -> ec.hours next=2026-11-23 07:00 # a minute early
2026-11-23 19:59 voice_agent -> allow # the last minute
2026-11-23 20:00 voice_agent -> ec.hours next=2026-11-24 07:00 # twenty, not twenty-two
2026-11-23 21:30 email -> ec.hours next=2026-11-24 07:00 # the looser paper is not followed
2026-11-27 20:00 voice_agent -> ec.hours next=2026-11-30 07:00 # Friday evening until Monday
2026-11-28 10:00 voice_agent -> ec.hours next=2026-11-30 07:00 # no Saturday
2026-11-29 10:00 voice_agent -> ec.hours next=2026-11-30 07:00 # no Sunday
2026-11-28 10:00 whatsapp -> ec.hours # no message either
2026-11-02 10:00 voice_agent -> ec.hours next=2026-11-04 07:00 # Difuntos and Cuenca
2026-05-25 10:00 voice_agent -> ec.hours next=2026-05-26 07:00 # Pichincha, moved to Monday
2026-08-10 10:00 voice_agent -> ec.hours next=2026-08-11 07:00 # Primer Grito
2026-10-09 10:00 voice_agent -> ec.hours next=2026-10-12 07:00 # Guayaquil, a Friday
2026-12-25 10:00 voice_agent -> ec.hours next=2026-12-28 07:00 # Christmas
2026-02-16 10:00 email -> ec.hours next=2026-02-18 07:00 # Carnival
2026-11-23 15:00 voice_agent made=2026-11-23T10:00/voice_agent -> ec.once_a_day next=2026-11-24 07:00 # once a day
2026-11-23 15:00 email made=2026-11-23T10:00/voice_agent -> ec.once_a_day # over all channels
2026-11-23 15:00 sms made=2026-11-23T10:00/whatsapp -> ec.once_a_day # messages too
2026-11-23 15:00 voice_agent made=2026-11-23T10:00/voice_agent/no_answer -> ec.once_a_day # an attempt counts
2026-11-23 15:00 voice_agent made=2026-11-23T10:00/voice_agent/busy -> ec.once_a_day # a busy line too
2026-11-24 07:00 voice_agent made=2026-11-23T19:00/voice_agent -> allow # the next day
2026-11-27 15:00 voice_agent made=2026-11-27T10:00/voice_agent -> ec.once_a_day next=2026-11-30 07:00 # Friday: until Monday
2026-11-24 10:00 email made=2026-11-23T10:00/voice_agent -> allow # another channel the next day
2026-11-23 15:00 email made=2026-11-23T10:00/email/delivered/confirmation -> allow # a receipt does not count
2026-11-23 15:00 email made=2026-11-23T10:00/email purpose=confirmation -> allow # nor is it counted
2026-11-28 10:00 whatsapp purpose=service_reply wrote=2026-11-28T09:00/whatsapp -> allow # an answer on Saturday
2026-11-28 10:00 whatsapp purpose=service_reply -> hub.nobody_wrote # to nobody
2026-11-23 10:00 voice_agent role=codeudor -> allow # a co-debtor
2026-11-23 10:00 voice_agent role=fiador -> allow # a guarantor
2026-11-28 10:00 voice_agent role=fiador -> ec.hours # in the same hours
2026-11-23 15:00 voice_agent role=fiador made=2026-11-23T10:00/voice_agent -> ec.once_a_day # in the same count
2026-11-23 10:00 voice_agent role=referencia -> ec.references hub.references next=never # a reference
2026-11-23 10:00 voice_agent role=apoderado -> ec.references # somebody who only acts for the debtor
2026-11-23 10:00 voice_agent role=representante_legal consumer=business -> allow # a company acts by somebody
2026-11-23 10:00 voice_agent relation=family -> ec.other_people hub.other_people next=never # no messages with relatives
2026-11-23 10:00 voice_agent relation=work -> ec.other_people next=never # nor at work
2026-11-23 10:00 email relation=work -> ec.other_people # nor by e-mail there
2026-11-28 10:00 voice_agent consumer=business -> allow # consumers only
2026-11-28 10:00 voice_agent consumer=unknown -> ec.hours # unknown is a consumer
2026-11-23 07:30 voice_agent residence=Galápagos tz=America/Guayaquil -> ec.hours next=2026-11-23 08:00 # half past six on the islands
2026-11-23 20:30 voice_agent residence=Galápagos tz=America/Guayaquil -> allow # half past seven in the evening there
2026-11-23 20:30 voice_agent phone=+59352526123 tz=America/Guayaquil -> allow # the islands by the phone
2026-11-23 20:30 voice_agent city=Puerto_Ayora tz=America/Guayaquil -> allow # and by the city
2026-11-23 10:00 voice_agent dispute -> hub.dispute # disputed
2026-11-23 10:00 voice_agent agreement -> hub.agreement # an agreement
2026-11-23 10:00 voice_agent agreement purpose=agreement_follow_up -> allow # about it
2026-11-23 10:00 voice_agent status=settled -> hub.settled # paid
2026-11-23 10:00 voice_agent hold -> hub.hold # held
2026-11-23 10:00 voice_agent ban=all -> hub.do_not_contact # opted out
2026-11-23 10:00 email ban=voice_agent -> allow # only calls
2026-11-23 10:00 voice_agent deceased -> hub.deceased # dead
"""
