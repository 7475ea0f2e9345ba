"""The texts under which a source debtor is looked up by people and channels. Matching has keys of its own."""

from __future__ import annotations

from dedup.party import OTHERS, MatchKey, SourceParty, id_key

WHATSAPP = "whatsapp_id"


def lookup_keys(party: SourceParty) -> tuple[MatchKey, ...]:
    """A debtor's usable identifiers, phones, e-mails and WhatsApp ids as `kind:value`, sorted. Placeholders have none.

    A WhatsApp id says nothing to matching, which knows its number as a phone; channels know debtors by it.
    """
    keys = [id_key(name, value) for name, values in party.stated_ids.items() for value in values]
    keys += [MatchKey(f"{type_}:{value}") for type_, value in party.contacts]
    points = (point for stamped in party.claims for point in stamped.claim.contact_points if point.type == WHATSAPP)
    keys += [MatchKey(f"{WHATSAPP}:{p.match_key}") for p in points if p.match_key and p.relation not in OTHERS]
    return tuple(sorted(set(keys)))
