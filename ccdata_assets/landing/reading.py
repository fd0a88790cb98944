"""How the files of a feed are read: what its contract and the settings say, and a hash of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from ccdata_assets.contracts.compile import contract_hash
from ccdata_assets.contracts.headers import header_index, normal_header
from ccdata_assets.contracts.model import Contract, FileSource
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.landing.rows import KnownHeaders, Limits, ReadOptions
from ccdata_assets.landing.secrets import hiding
from ccdata_assets.settings import Settings


def header_counter(contract: Contract, registry: Registry) -> KnownHeaders:
    """Counts the cells of a row that a field of the contract claims, each field once."""
    index = header_index(contract, registry.fields)

    def count(cells: Sequence[str | None]) -> int:
        return len({index[header] for cell in cells if cell and (header := normal_header(cell)) in index})

    return count


def limits(settings: Settings) -> Limits:
    """The settings a reader heeds."""
    return Limits(
        columns=settings.max_columns,
        field_bytes=settings.max_field_bytes,
        line_bytes=settings.max_line_bytes,
        expanded_bytes=settings.max_expanded_bytes,
        expansion=settings.max_expansion,
        members=settings.max_members,
        depth=settings.max_depth,
    )


def read_options(contract: Contract, registry: Registry, settings: Settings) -> ReadOptions:
    """What the readers need of the contract and the settings."""
    source = contract.source
    assert isinstance(source, FileSource)
    return ReadOptions(
        known_headers=header_counter(contract, registry),
        limits=limits(settings),
        encoding=source.encoding,
        delimiter=source.delimiter,
        quote=source.quote,
        escape=source.escape,
        header=source.header,
        width=max((use.position or 0 for use in contract.fields.values()), default=0),
        ragged=source.ragged,
        sheet=source.sheet,
        records=source.records,
        workdir=settings.raw_dir.parent / "unpacked",
    )


def reading(contract: Contract, registry: Registry, settings: Settings) -> tuple[str, str]:
    """What decides how a file is read, and what decides whether a rejected one might be read better.

    Two hashes: of the source as the contract describes it, with what is secret in it; of the whole contract with the limits.
    """
    form = contract.source.model_dump(mode="json", exclude={"files"})
    positions = [use.position for use in contract.fields.values()]
    parts = [form, positions, hiding(contract, registry)]
    source = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
    bounds = hashlib.sha256(repr(limits(settings)).encode()).hexdigest()[:8]
    return source, f"{contract_hash(registry, contract)}-{bounds}"
