"""The seed public_suffix.csv: where in a host name the part begins that anyone may register a name under.

It rearranges the Public Suffix List as the package tldextract carries it; nothing is fetched. Taken are the section of ICANN
and the names that CentralNic sells as if they were a country's (cn.com). Hosts that a company shares with its customers
(github.io, myshopify.com) are not: they are platforms, see website_platform.csv.
"""

from __future__ import annotations

import pkgutil
import re

from ccdata_assets.errors import CcdataError

COLUMNS = ("suffix", "suffix_labels")
_SECTION = re.compile(r"^// ===BEGIN ICANN DOMAINS===$(.*?)^// ===END ICANN DOMAINS===$", re.DOTALL | re.MULTILINE)
_SOLD = re.compile(r"^// CentralNic :.*?$(.*?)^$", re.DOTALL | re.MULTILINE)


def packaged_list() -> str:
    """The text of the list inside the package."""
    try:
        data = pkgutil.get_data("tldextract", ".tld_set_snapshot")
    except ModuleNotFoundError:
        data = None
    if data is None:
        raise CcdataError("the package tldextract or the list inside it is missing; fix: pip install tldextract")
    return data.decode("utf-8")


def _ascii(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def public_suffixes(text: str | None = None) -> list[tuple[str, int]]:
    """(suffix, suffix_labels), sorted: a host that ends with `suffix` has a public suffix of `suffix_labels` labels.

    The longest suffix that fits a host decides. A wildcard (*.ck) stands under what follows the star with one label more, an
    exception (!www.ck) under its own name with one label less. Labels are in ASCII.
    """
    text = packaged_list() if text is None else text
    section = _SECTION.search(text)
    if section is None:
        raise CcdataError("the Public Suffix List has no section of ICANN; fix: use another version of tldextract")
    labels: dict[str, int] = {}
    sold = _SOLD.search(text)
    for line in (section.group(1) + (sold.group(1) if sold else "")).splitlines():
        rule = line.strip()
        if not rule or rule.startswith("//"):
            continue
        kind, name = (rule[0], rule[1:].lstrip(".")) if rule[0] in "!*" else ("", rule)
        suffix = ".".join(_ascii(label) for label in name.lower().split("."))
        own = suffix.count(".") + 1
        # a wildcard says more than the plain rule for the same name
        labels[suffix] = max(labels.get(suffix, 0), own + {"": 0, "*": 1, "!": -1}[kind])
    return sorted(labels.items())
