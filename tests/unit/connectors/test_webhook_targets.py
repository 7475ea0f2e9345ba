"""Where events are not posted to: this machine, private networks, metadata, in whatever way they are written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from concilia.errors import RequestInvalid, SystemUnreachable
from connectors.webhook_targets import Guard, parsed

PUBLIC = "93.184.216.34"


def leads_to(*addresses: str) -> Guard:
    return Guard(resolve=lambda _host, _port: list(addresses))


REFUSED_AS_WRITTEN = [
    # no address, or one that two programs read differently
    "", "hooks.example.com", "//hooks.example.com/x", "ftp://hooks.example.com/", "file:///etc/passwd",
    "gopher://hooks.example.com/", "javascript:alert(1)", "https://", "https:///x", "https://user@127.0.0.1/",
    "https://hooks.example.com@127.0.0.1/", "https://127.0.0.1#@hooks.example.com/", "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com:0/", "https://hooks.example.com:99999/", "https://hooks.example.com:x/",
    "https://hooks example.com/", "https://hooks.example.com/\n", "https://hooks.example.com/\x00", "https://-a.example.com/",
    "https://a..example.com/", "https://ñandú.example.com/", "https://１２７.０.０.１/", "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/", "https://%31%32%37.0.0.1/", f"https://{'a' * 2000}.com/",
    # numbers as old resolvers read them
    "https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://0177.0.0.1/", "https://0x7f.0.0.1/",
    "https://127.1/", "https://127.0.1/", "https://0/", "https://0x0/", "https://00000177.1/", "https://127.0.0.01/",
    "https://2852039166/", "https://0xa9fea9fe/", "https://169.254.43518/", "https://127.0.0.1.1/", "https://256.0.0.1/",
    "https://[::1%25lo]/", "https://[fe80::1%eth0]/", "https://[127.0.0.1]/", "https://[::1/", "https://[v1.a]/",
]  # fmt: skip
REFUSED_ADDRESSES = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "100.64.0.1", "100.100.100.200", "169.254.169.254", "169.254.0.1", "192.0.0.192", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "192.88.99.1",
    "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "fe80::1", "fec0::1",
    "ff02::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED_AS_WRITTEN)
def test_what_is_not_written_in_one_way_only_is_refused_before_any_name_is_looked_up(url: str) -> None:
    def never(host: str, _port: int) -> Sequence[str]:
        raise AssertionError(f"{host} was looked up")

    with pytest.raises(RequestInvalid) as fault:
        Guard(resolve=never).checked(url)
    assert (fault.value.field, fault.value.code) == ("url", "subscription-target")
    assert fault.value.mend
    assert len(str(fault.value)) < 300, "a sentence, not the address back"


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_no_private_address_is_a_target_whether_written_or_behind_a_name(address: str) -> None:
    written = f"https://[{address}]/" if ":" in address else f"https://{address}/"
    for guard, url in ((Guard(), written), (leads_to(address), "https://hooks.example.com/x")):
        with pytest.raises(RequestInvalid) as fault:
            guard.checked(url)
        assert fault.value.code == "subscription-target"


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_one_forbidden_address_among_public_ones_is_enough(address: str) -> None:
    with pytest.raises(SystemUnreachable):
        leads_to(PUBLIC, address).addresses(parsed("https://hooks.example.com/"))


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "localhost.", "a.localhost", "hooks.internal"])
def test_a_name_of_this_machine_is_judged_by_where_it_leads(name: str) -> None:
    with pytest.raises(RequestInvalid):
        leads_to("127.0.0.1").checked(f"https://{name}/")


def test_a_name_that_leads_elsewhere_later_leads_nowhere() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    guard = Guard(resolve=lambda _host, _port: next(answers))
    target = guard.checked("https://hooks.example.com/x")
    with pytest.raises(SystemUnreachable, match="this machine"):
        guard.addresses(target)


def test_public_targets_are_taken_as_they_are() -> None:
    target = leads_to(PUBLIC, "2606:2800:220:1::1").checked("https://Hooks.Example.com:8443/in?a=1&b=%20")
    assert (target.host, target.port, target.path) == ("hooks.example.com", 8443, "/in?a=1&b=%20")
    assert target.authority == "hooks.example.com:8443"
    assert parsed("https://hooks.example.com.").authority == "hooks.example.com"
    assert Guard().checked(f"https://{PUBLIC}/").host == PUBLIC
    assert parsed("https://[2606:2800:220:1::1]/x").authority == "[2606:2800:220:1::1]"


def test_plain_http_is_for_this_machine_and_only_where_it_is_let_in() -> None:
    with pytest.raises(RequestInvalid, match="Plain http"):
        leads_to(PUBLIC).checked("http://hooks.example.com/")
    with pytest.raises(RequestInvalid, match="this machine"):
        Guard().checked("http://127.0.0.1:8080/")
    assert Guard(frozenset({"127.0.0.1"})).checked("http://127.0.0.1:8080/").port == 8080
    named = Guard(frozenset({"localhost"}), lambda _host, _port: ["127.0.0.1", "::1"])
    assert named.checked("http://localhost:8080/").host == "localhost"
    inside = Guard(frozenset({"10.1.2.3"}))
    assert inside.checked("https://10.1.2.3/").host == "10.1.2.3"
    with pytest.raises(RequestInvalid, match="Plain http"):
        inside.checked("http://10.1.2.3/")


def test_a_name_that_is_let_in_may_be_private_and_never_leads_to_metadata() -> None:
    allowed = frozenset({"hooks.intern"})
    assert Guard(allowed, lambda _h, _p: ["10.1.2.3"]).checked("https://hooks.intern/").host == "hooks.intern"
    for address in ("169.254.169.254", "0.0.0.0", "168.63.129.16", "224.0.0.1", "fe80::1"):
        with pytest.raises(RequestInvalid):
            Guard(allowed, lambda _h, _p, found=address: [found]).checked("https://hooks.intern/")
    with pytest.raises(RequestInvalid):
        Guard(allowed, lambda _h, _p: ["10.1.2.3"]).checked("https://other.intern/")


def test_a_name_that_nobody_knows_is_refused_in_words() -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(RequestInvalid, match=r"hooks\.example\.com is no known name"):
        Guard(resolve=unknown).checked("https://hooks.example.com/")
    with pytest.raises(RequestInvalid, match="has no address"):
        leads_to().checked("https://hooks.example.com/")
