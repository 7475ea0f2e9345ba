"""Chile: Ley 19.496 art. 37 (Ley 21.320), CPC art. 59: Mon-Sat 8-20, no holidays; a call a week; two messages a week."""

CASES = """
2026-11-23 08:00 voice_agent -> allow # Monday at eight
2026-11-23 07:59 voice_agent -> cl.hours next=2026-11-23 08:00 # a minute before eight
2026-11-23 19:59 voice_agent -> allow # the last minute
2026-11-23 20:00 voice_agent -> cl.hours next=2026-11-24 08:00 # at twenty it is over
2026-11-23 23:30 email -> cl.hours next=2026-11-24 08:00 # messages keep the same hours
2026-11-28 10:00 voice_agent -> allow # Saturday is a business day of the procedure code
2026-11-28 19:59 sms -> allow # until twenty on Saturday too
2026-11-29 10:00 voice_agent -> cl.hours next=2026-11-30 08:00 # never on Sunday
2026-11-29 12:00 whatsapp -> cl.hours next=2026-11-30 08:00 # nor a message
2026-12-08 10:00 voice_agent -> cl.hours next=2026-12-09 08:00 # Immaculate Conception
2026-12-25 10:00 email -> cl.hours next=2026-12-26 08:00 # Christmas, then Saturday
2026-09-18 11:00 voice_agent -> cl.hours next=2026-09-21 08:00 # 18 and 19 September, then Sunday
2026-04-04 10:00 voice_agent -> cl.hours next=2026-04-06 08:00 # Easter Saturday is a holiday
2027-01-01 09:00 letter -> cl.hours next=2027-01-02 08:00 # New Year
2026-06-05 10:00 voice_agent -> allow # an ordinary Friday
2026-06-08 10:00 voice_agent sub=Arica_y_Parinacota -> allow # Monday after Arica's own holiday, a Sunday
2027-06-07 10:00 voice_agent sub=Arica_y_Parinacota -> cl.hours next=2027-06-08 08:00 # the battle of Arica is a holiday there
2027-06-07 10:00 voice_agent sub=RM -> allow # and nowhere else
2026-11-27 10:00 voice_agent made=2026-11-23T10:00/voice_agent -> cl.calls_a_week next=2026-11-30 10:00 # one call a week
2026-11-30 09:59 voice_agent made=2026-11-23T10:00/voice_agent -> cl.calls_a_week next=2026-11-30 10:00 # seven days are not over
2026-11-30 10:00 voice_agent made=2026-11-23T10:00/voice_agent -> allow # a week later to the minute
2026-11-24 10:00 voice_auto made=2026-11-23T10:00/voice_agent -> cl.calls_a_week # a robot's call is a call
2026-11-24 10:00 visit made=2026-11-23T10:00/voice_agent -> cl.calls_a_week # calls and visits count together
2026-11-24 10:00 voice_agent made=2026-11-23T10:00/visit -> cl.calls_a_week # in both directions
2026-11-24 10:00 voice_agent made=2026-11-23T10:00/voice_agent/no_answer -> cl.calls_a_week # an unanswered call counts
2026-11-24 10:00 voice_agent made=2026-11-20T10:00/voice_agent -> cl.calls_a_week next=2026-11-27 10:00 # last Friday: another week, not seven days
2026-11-24 10:00 email made=2026-11-23T10:00/voice_agent -> allow # messages have a count of their own
2026-11-24 10:00 voice_agent made=2026-11-23T10:00/email -> allow # and calls theirs
2026-11-24 10:00 sms made=2026-11-23T10:00/email -> cl.messages_a_week next=2026-11-26 08:00 # e-mail Monday, SMS Tuesday: too near
2026-11-25 10:00 sms made=2026-11-23T10:00/email -> cl.messages_a_week next=2026-11-26 08:00 # one whole day between is not two
2026-11-26 10:00 sms made=2026-11-23T10:00/email -> allow # Thursday: two whole days between
2026-11-28 10:00 whatsapp made=2026-11-23T10:00/email made=2026-11-26T10:00/sms -> cl.messages_a_week next=2026-11-30 10:00 # the third message of the week
2026-11-30 10:00 whatsapp made=2026-11-23T10:00/email made=2026-11-26T10:00/sms -> allow # the first has left the seven days
2026-11-30 09:00 whatsapp made=2026-11-23T10:00/email made=2026-11-26T10:00/sms -> cl.messages_a_week next=2026-11-30 10:00 # an hour early
2026-11-24 10:00 letter made=2026-11-23T10:00/whatsapp -> cl.messages_a_week # a letter is a message
2026-11-24 10:00 email made=2026-11-23T10:00/email/delivered/confirmation -> allow # a receipt for a payment does not count
2026-11-24 10:00 email made=2026-11-23T10:00/email purpose=confirmation -> allow # nor is it counted against
2026-11-29 10:00 email purpose=service_reply wrote=2026-11-29T09:00/email -> allow # the debtor wrote on a Sunday
2026-11-29 10:00 email purpose=service_reply -> hub.nobody_wrote # nobody wrote
2026-11-24 10:00 email purpose=service_reply wrote=2026-11-23T09:59/email -> hub.nobody_wrote # more than a day ago
2026-11-24 10:00 email purpose=service_reply wrote=2026-11-24T09:00/whatsapp -> hub.nobody_wrote # on another channel
2026-11-29 22:00 voice_agent consumer=business -> allow # the consumer law protects consumers
2026-11-29 22:00 voice_agent consumer=consumer -> cl.hours # a consumer
2026-11-29 22:00 voice_agent consumer=unknown -> cl.hours # unknown counts as consumer
2026-11-23 10:00 voice_agent role=aval -> allow # the guarantor under the same rules
2026-11-29 10:00 voice_agent role=aval -> cl.hours # no hour more for the guarantor
2026-11-23 10:00 voice_agent role=referencia -> hub.references next=never # a reference, never
2026-11-23 10:00 voice_agent relation=family -> cl.third_parties hub.other_people next=never # a relative's phone discloses the debt
2026-11-23 10:00 voice_agent relation=work -> allow # a phone at work is the debtor's
2026-11-23 10:00 voice_agent dispute -> hub.dispute next=never # disputed
2026-11-23 10:00 voice_agent agreement -> hub.agreement next=never # an agreement in force
2026-11-23 10:00 voice_agent agreement purpose=agreement_follow_up -> allow # about the agreement itself
2026-11-23 10:00 voice_agent purpose=agreement_follow_up -> hub.no_agreement # there is none
2026-11-23 10:00 voice_agent stage=legal -> hub.legal # in court, no collection out of court
2026-11-23 10:00 voice_agent status=in_legal -> hub.legal # the same, told by the state
2026-11-23 10:00 voice_agent status=settled -> hub.settled # paid
2026-11-23 10:00 voice_agent deceased -> hub.deceased next=never # dead
2026-11-23 10:00 voice_agent ban=all -> hub.do_not_contact # asked for no contact
2026-11-23 10:00 email ban=voice_agent -> allow # asked for no calls
2026-11-23 10:00 voice_auto ban=voice_agent -> hub.do_not_contact # a robot's call is a call
2026-11-23 10:00 voice_agent announced=2026-11-23T09:00 -> hub.announced_payment next=2026-11-26 09:00 # said it was paid
2026-11-26 09:00 voice_agent announced=2026-11-23T09:00 -> allow # the grace is over
2026-11-23 10:00 voice_agent due=2026-11-23 -> hub.not_due next=2026-11-24 08:00 # due today is not overdue
2026-11-23 10:00 email due=2026-11-30 purpose=reminder -> allow # a reminder before the due day
2026-07-01 07:30 voice_agent sub=Magallanes tz=America/Santiago -> allow # winter: half past eight in Magallanes
2026-07-01 07:30 voice_agent sub=RM -> cl.hours # and too early in Santiago
2026-07-01 19:30 voice_agent sub=Magallanes tz=America/Santiago -> cl.hours # half past eight in the evening there
2026-12-01 19:30 voice_agent city=Punta_Arenas tz=America/Santiago -> allow # in summer both clocks agree
2026-07-01 19:30 voice_agent phone=+56612245678 tz=America/Santiago -> cl.hours # Magallanes told by the phone alone
2026-07-01 09:00 voice_agent city=Hanga_Roa tz=America/Santiago -> cl.hours next=2026-07-01 10:00 # seven on Easter Island
2026-07-01 21:00 voice_agent city=Isla_de_Pascua tz=America/Santiago -> allow # nineteen on Easter Island
2026-07-01 21:00 voice_agent phone=+56322100123 tz=America/Santiago -> allow # Easter Island told by the phone
2026-07-01 19:30 voice_agent city=Coyhaique tz=America/Santiago -> cl.hours # Aysén keeps summer time since 2025
2026-04-06 07:30 voice_agent sub=RM -> cl.hours next=2026-04-06 08:00 # the Monday after clocks went back
2026-09-07 08:00 voice_agent sub=RM -> allow # the Monday after clocks went forward
2026-04-09 08:00 voice_agent made=2026-04-02T08:00/voice_agent -> allow # a week over the change of clocks, by the clock on the wall
2026-11-24 10:00 voice_agent reopened=2026-11-23T16:00 -> hub.reopened next=2026-11-25 16:00 # reversed yesterday: two days alone
2026-11-25 16:00 voice_agent reopened=2026-11-23T16:00 -> allow # and not longer
2026-11-24 10:00 voice_agent status=settled reopened=2026-11-23T16:00 -> hub.reopened hub.settled next=never # paid again since
2026-11-24 10:00 voice_agent read=2026-11-24T03:00 -> allow # its system was read this night
2026-11-24 10:00 voice_agent read=2026-11-17T10:00 -> allow # a week ago to the minute
2026-11-24 10:00 voice_agent read=2026-11-17T09:59 -> hub.stale_data next=never # more than a week: nobody knows what is owed
2026-11-24 10:00 sms read=never -> hub.stale_data next=never # it was never read to its end
2026-11-24 10:00 email read=never purpose=confirmation -> allow # what the debtor did may be confirmed
2026-11-29 10:00 voice_agent read=2026-11-29T03:00 -> cl.hours next=2026-11-30 08:00 # the next moment does not suppose older data
"""
