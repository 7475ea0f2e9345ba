"""The texts under which a source debtor is looked up by people and channels. Matching has keys of its own."""

from __future__ import annotations

from dedup.party import MatchKey, SourceParty, id_key


def lookup_keys(party: SourceParty) -> tuple[MatchKey, ...]:
    """A debtor's usable identifiers, phones and e-mails as `kind:value`, sorted. Placeholders have none."""
    keys = [id_key(name, value) for name, values in party.stated_ids.items() for value in values]
    keys += [MatchKey(f"{type_}:{value}") for type_, value in party.contacts]
    return tuple(sorted(set(keys)))
