"""Colombia: Ley 2300 de 2023: Mon-Fri 7-19, Sat 8-15, no holidays; once a day; one channel a week; authorised channels."""

CASES = """
2026-11-23 07:00 voice_agent -> allow # Monday at seven
2026-11-23 06:59 voice_agent -> co.hours next=2026-11-23 07:00 # a minute early
2026-11-23 18:59 voice_agent -> allow # the last minute
2026-11-23 19:00 voice_agent -> co.hours next=2026-11-24 07:00 # at nineteen it is over
2026-11-28 08:00 whatsapp -> allow # Saturday at eight
2026-11-28 07:30 whatsapp -> co.hours next=2026-11-28 08:00 # Saturday begins at eight
2026-11-28 14:59 whatsapp -> allow # Saturday until fifteen
2026-11-28 15:00 whatsapp -> co.hours next=2026-11-30 07:00 # and not longer
2026-11-29 10:00 email -> co.hours next=2026-11-30 07:00 # never on Sunday
2026-12-08 10:00 email -> co.hours next=2026-12-09 07:00 # Immaculate Conception
2026-11-16 10:00 email -> co.hours next=2026-11-17 07:00 # independence of Cartagena, moved to Monday
2026-07-13 10:00 email -> co.hours next=2026-07-14 07:00 # the holiday of Chiquinquirá, new in 2026
2026-10-12 10:00 sms -> co.hours next=2026-10-13 07:00 # Día de la Raza
2026-12-25 10:00 sms -> co.hours next=2026-12-26 08:00 # Christmas, then Saturday at eight
2026-11-23 15:00 whatsapp made=2026-11-23T10:00/whatsapp -> co.once_a_day next=2026-11-24 07:00 # once a day
2026-11-24 10:00 whatsapp made=2026-11-23T10:00/whatsapp -> allow # the next day by the same channel
2026-11-24 10:00 email made=2026-11-23T10:00/whatsapp -> co.one_channel_a_week next=2026-11-30 10:00 # WhatsApp on Monday, e-mail on Tuesday
2026-11-27 10:00 email made=2026-11-23T10:00/whatsapp -> co.one_channel_a_week next=2026-11-30 10:00 # the whole week
2026-11-30 10:00 email made=2026-11-23T10:00/whatsapp -> allow # a week later
2026-11-30 09:00 email made=2026-11-23T10:00/whatsapp -> co.one_channel_a_week next=2026-11-30 10:00 # the next week, not seven days
2026-11-23 10:00 email made=2026-11-21T10:00/whatsapp -> co.one_channel_a_week next=2026-11-28 10:00 # Saturday was another week, not seven days ago
2026-11-23 15:00 email made=2026-11-23T10:00/whatsapp -> co.once_a_day co.one_channel_a_week next=2026-11-30 10:00 # both at once
2026-11-24 10:00 voice_auto made=2026-11-23T10:00/voice_agent -> allow # a call is one channel, whoever speaks
2026-11-24 10:00 sms made=2026-11-23T10:00/whatsapp -> co.one_channel_a_week # SMS and WhatsApp are two channels
2026-11-23 15:00 voice_agent made=2026-11-23T10:00/voice_agent/no_answer -> co.once_a_day # an unanswered attempt counts
2026-11-24 10:00 email made=2026-11-23T10:00/whatsapp/delivered -> co.one_channel_a_week # sending is contact
2026-11-23 15:00 whatsapp made=2026-11-23T10:00/email/delivered/confirmation -> allow # a confirmation is exempt (art. 8)
2026-11-29 20:00 whatsapp purpose=confirmation -> allow # at any hour (art. 8)
2026-11-29 20:00 whatsapp purpose=service_reply wrote=2026-11-29T19:00/whatsapp -> allow # information that was asked for (art. 8)
2026-11-29 20:00 whatsapp purpose=service_reply -> hub.nobody_wrote # nobody asked
2026-11-23 10:00 whatsapp no_consent -> co.authorised_channels next=never # no channel was authorised (art. 2)
2026-11-23 10:00 whatsapp no_consent consent=granted/whatsapp/2026-01-01 -> allow # this one was
2026-11-23 10:00 email no_consent consent=granted/whatsapp/2026-01-01 -> co.authorised_channels # this one was not
2026-11-23 10:00 whatsapp consent=revoked/whatsapp/2026-11-20 -> co.authorised_channels hub.do_not_contact # taken back
2026-11-23 10:00 whatsapp consent=revoked/whatsapp/2026-10-20 consent=granted/whatsapp/2026-11-20 -> allow # given again
2026-11-23 10:00 visit -> co.no_visits next=never # no visits (art. 6)
2026-11-23 10:00 visit role=aval -> co.no_visits # nor to a guarantor
2026-11-23 10:00 voice_agent role=referencia -> co.references hub.references next=never # a reference, never (art. 4)
2026-11-23 10:00 voice_agent role=codeudor -> allow # a co-debtor, under the same limits
2026-11-29 10:00 voice_agent role=fiador -> co.hours # the same hours for a guarantor
2026-11-23 15:00 voice_agent role=aval made=2026-11-23T10:00/voice_agent -> co.once_a_day # the same count for a guarantor
2026-11-23 15:00 voice_agent role=aval other=2026-11-23T10:00/voice_agent -> co.once_a_day # debtor and guarantor count together
2026-11-24 10:00 email role=aval other=2026-11-23T10:00/voice_agent -> co.one_channel_a_week # for the channel as well
2026-11-23 10:00 voice_agent relation=third_party -> hub.other_people next=never # somebody else's phone
2026-11-29 22:00 email consumer=business no_consent -> allow # the law is about consumers
2026-11-29 10:00 email consumer=unknown -> co.hours # unknown is a consumer
2026-11-23 10:00 voice_agent dispute -> hub.dispute # disputed
2026-11-23 10:00 voice_agent agreement -> hub.agreement # an agreement
2026-11-23 10:00 voice_agent agreement purpose=agreement_follow_up -> allow # about it
2026-11-29 10:00 voice_agent agreement purpose=agreement_follow_up -> co.hours # in its hours
2026-11-23 10:00 voice_agent status=settled -> hub.settled # paid
2026-11-23 10:00 voice_agent ban=all -> hub.do_not_contact # opted out
2026-11-23 10:00 voice_agent hold -> hub.hold # held
2026-11-23 08:30 voice_agent tz=America/Santiago -> co.hours next=2026-11-23 09:00 # half past six in Bogotá
"""
