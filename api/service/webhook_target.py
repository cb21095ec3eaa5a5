"""Where a subscriber may be: the guard against being sent to machines that only this one can reach (SSRF).

The name is resolved once per call, every address it has is judged, and the connection is made to a judged address; a
name that points elsewhere a moment later changes nothing. Redirects are never followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpcore

from data.errors import InputError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address inside an IPv6 one
_LONGEST_URL = 2000


class Refused(InputError):
    """An address that must not be called."""


def checked_url(url: str, *, private: bool) -> SplitResult:
    """The parts of a URL that may be called; `Refused` otherwise. Names are judged when they are resolved."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("not a URL", place="url", value=url) from None
    if len(url) > _LONGEST_URL or not url.isascii() or any(sign <= " " or sign == "\\" for sign in url):
        raise Refused("not a URL", place="url", value=url, expected="ASCII without blanks, at most 2000 characters")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("not a web address", place="url", value=url, expected="https://host/path or http://host/path")
    if parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        raise Refused("a user name, fragment or port 0 has no place here", place="url", value=url)
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        if all(label.isdigit() or label.startswith("0x") for label in parts.hostname.rstrip(".").split(".")):
            # 127.1 or 2130706433 or 0x7f.1: numbers which some resolvers take for an address
            raise Refused("not a host name", place="url", value=url) from None
    else:
        judge([literal], parts.hostname, private=private)
    return parts


def judge(addresses: Iterable[Address], host: str, *, private: bool) -> None:
    """Raise `Refused` where any of the addresses must not be called.

    `private`: addresses of the own network and of this machine are allowed (setting `webhook_private`).
    """
    for address in addresses:
        real = _inner(address)
        unusable = real.is_multicast or real.is_unspecified or (real.is_reserved and not real.is_loopback)
        if unusable or not (private or real.is_global):
            shown = host if host == str(address) else f"{host}, which is {address}"
            raise Refused("an address that subscribers may not have", place="url", value=shown)


def _inner(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only wraps it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address.teredo is not None:
            return address.teredo[1]
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects only to judged addresses."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        """A connection to one of the addresses of `host`, tried in the order of the resolver."""
        addresses = await _resolve(host, port)
        judge(addresses, host, private=self._private)
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(str(address), port, *args, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(self, path: str, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise Refused("a Unix socket", value=path)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(f"{host}: {error.strerror}") from None
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
