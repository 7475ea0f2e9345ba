"""Brazil: CDC arts. 42, 71; São Paulo Lei 15.426/2014 and Alagoas Lei 7.782/2016: Mon-Fri 8-20, Sat 8-14, no holidays."""

CASES = """
2026-11-23 08:00 voice_agent -> allow # Monday at eight
2026-11-23 07:59 voice_agent -> br.hours br_sp.hours next=2026-11-23 08:00 # a minute early, by an area code of São Paulo
2026-11-23 19:59 voice_agent -> allow # the last minute
2026-11-23 20:00 voice_agent residence=RJ -> br.hours next=2026-11-24 08:00 # elsewhere the default
2026-11-23 20:00 voice_agent residence=SP -> br.hours br_sp.hours next=2026-11-24 08:00 # in São Paulo its law
2026-11-23 20:00 voice_agent residence=AL -> br.hours br_al.hours next=2026-11-24 08:00 # in Alagoas its law
2026-11-28 08:00 voice_agent residence=SP -> allow # Saturday from eight
2026-11-28 13:59 voice_agent residence=SP -> allow # until fourteen
2026-11-28 14:00 voice_agent residence=SP -> br.hours br_sp.hours next=2026-11-30 08:00 # not longer
2026-11-28 14:00 sms residence=AL -> br.hours br_al.hours # messages in Alagoas too; its holiday on Monday
2026-11-28 14:00 sms residence=AL -> br.hours br_al.hours next=2026-12-01 08:00 # then Tuesday
2026-11-29 10:00 voice_agent residence=BA -> br.hours next=2026-11-30 08:00 # never on Sunday
2026-11-29 10:00 email residence=SP -> br.hours br_sp.hours # no channel
2026-11-20 10:00 voice_agent residence=BA -> br.hours next=2026-11-21 08:00 # Consciência Negra, national since 2024
2026-11-02 10:00 voice_agent residence=MG -> br.hours next=2026-11-03 08:00 # Finados
2026-07-09 10:00 voice_agent residence=SP -> br.hours br_sp.hours next=2026-07-10 08:00 # São Paulo's own holiday
2026-07-09 10:00 voice_agent residence=RJ -> allow # which is none in Rio
2026-06-24 10:00 voice_agent residence=AL -> br.hours br_al.hours next=2026-06-25 08:00 # São João in Alagoas
2026-06-24 10:00 voice_agent residence=SP -> allow # not in São Paulo
2026-09-16 10:00 voice_agent residence=AL -> br.hours br_al.hours # emancipation of Alagoas
2026-02-17 10:00 voice_agent residence=RJ -> br.hours next=2026-02-18 08:00 # Carnival Tuesday
2026-06-04 10:00 voice_agent residence=PR -> br.hours next=2026-06-05 08:00 # Corpus Christi
2026-12-25 10:00 voice_agent residence=SP -> br.hours br_sp.hours next=2026-12-26 08:00 # Christmas, then Saturday
2026-11-23 15:00 voice_agent made=2026-11-23T10:00/voice_agent -> allow # no number limits how often
2026-11-23 15:00 email made=2026-11-23T10:00/voice_agent made=2026-11-23T12:00/sms -> allow # nor over channels
2026-11-23 08:30 voice_agent residence=AM tz=America/Sao_Paulo -> br.hours next=2026-11-23 09:00 # half past seven in Manaus
2026-11-23 20:30 voice_agent residence=AM tz=America/Sao_Paulo -> allow # half past seven in the evening there
2026-11-23 20:30 voice_agent phone=+5592987654321 tz=America/Sao_Paulo -> allow # Manaus by its area code
2026-11-23 21:30 voice_agent residence=AC tz=America/Sao_Paulo -> allow # Acre is two hours behind
2026-11-23 09:30 voice_agent city=Rio_Branco sub=AC tz=America/Sao_Paulo -> br.hours # half past seven in Rio Branco
2026-11-23 19:30 voice_agent city=Fernando_de_Noronha sub=PE tz=America/Sao_Paulo -> br.hours # half past eight on the island
2026-11-23 07:30 voice_agent city=Fernando_de_Noronha sub=PE tz=America/Sao_Paulo -> allow # half past eight in its morning
2026-11-23 08:30 voice_agent residence=MT tz=America/Sao_Paulo -> br.hours # Cuiabá
2026-11-23 08:30 voice_agent phone=+5567987654321 tz=America/Sao_Paulo -> br.hours # Campo Grande by its area code
2026-11-23 08:30 voice_agent residence=PE tz=America/Sao_Paulo -> allow # Recife keeps Brasília's hour
2026-11-23 10:00 voice_agent city=Maceió sub=AL -> allow # Maceió on a weekday
2026-11-30 10:00 voice_agent city=Maceió sub=AL -> br.hours br_al.hours # a holiday of Alagoas
2026-11-29 10:00 whatsapp purpose=service_reply wrote=2026-11-29T09:00/whatsapp -> allow # an answer on Sunday
2026-11-29 10:00 whatsapp purpose=service_reply -> hub.nobody_wrote # to nobody
2026-11-29 10:00 email purpose=legal_notice -> allow # what a court orders has its own rules
2026-11-23 10:00 voice_agent role=fiador -> allow # the guarantor
2026-11-29 10:00 voice_agent role=fiador residence=GO -> br.hours # in the same hours
2026-11-23 10:00 voice_agent role=referencia -> hub.references # a reference
2026-11-23 10:00 voice_agent relation=family -> hub.other_people # a relative
2026-11-29 10:00 voice_agent consumer=business -> allow # the code protects consumers
2026-11-29 10:00 voice_agent consumer=unknown residence=RS -> br.hours # unknown is a consumer
2026-11-23 10:00 voice_agent dispute -> hub.dispute # disputed
2026-11-23 10:00 voice_agent agreement -> hub.agreement # an agreement
2026-11-23 10:00 voice_agent status=settled -> hub.settled # paid
2026-11-23 10:00 voice_agent ban=all -> hub.do_not_contact # opted out
2026-11-23 10:00 email consent=denied/email/2026-10-01 -> hub.do_not_contact # refused that channel
"""
