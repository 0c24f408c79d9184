"""Several channels and sizes in one run: a folder for each in one package, names by SKU, one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final

from gan.core.errors import InputError, check_within
from gan.core.message import Message
from gan.core.option import Option
from gan.export.channels import Channel, channel_of
from gan.export.naming import Naming, labeled, missing, planned
from gan.export.pipeline import check_fill
from gan.export.rule_result import Finding
from gan.export.zip_builder import Packed, Run, pack
from gan.export.zip_package import FAILED, PASSED, Package

LEAST_SIZE_PX: Final = 64
MOST_SIZE_PX: Final = 10_000


class Delivery(Naming):
    """Channels and sizes of one run beside the first, and the naming of its files.

    Raises:
        InputError: as of `Naming`.
    """

    also: Annotated[
        tuple[str, ...],
        Option("further channels in the same run, each in a folder of its own", group="delivery", many=True),
    ] = ()
    sizes: Annotated[
        tuple[int, ...],
        Option("longest sides in px; each size in a folder of its own", group="delivery", many=True, metavar="PX"),
    ] = ()

    def targets(self, channel: Channel, known: Callable[[str], Channel] = channel_of) -> list[Target]:
        """Channels and sizes in the order in which they are delivered; a folder for each where there are several.

        Args:
            channel: the first.
            known: finds a channel of `also`.

        Raises:
            InputError: an unknown channel, one that is named twice, or a size that a channel does not take.
        """
        channels = [channel, *map(known, self.also)]
        names = [each.name for each in channels]
        for name in names:
            if names.count(name) > 1:
                raise InputError(
                    "also", "{name} is named twice", "every channel once is allowed", "Remove one", name=name
                )
        found = [Target(sized(each, px), each) for each in channels for px in dict.fromkeys(self.sizes or (None,))]
        return found if len(found) == 1 else [replace(target, folder=target.channel.name) for target in found]


@dataclass(frozen=True)
class Target:
    """A channel that files are delivered to.

    Attributes:
        channel: its rules, with the wanted size.
        base: its rules as published.
        folder: in the package; empty for none.
    """

    channel: Channel
    base: Channel
    folder: str = ""


def sized(channel: Channel, px: int | None) -> Channel:
    """A channel with a wanted length of the longer side; None for its own.

    Raises:
        InputError: the channel does not take this size.
    """
    if px is None:
        return channel
    least = max(channel.longest_least_px or 0, channel.shortest_least_px or 0, LEAST_SIZE_PX)
    check_within("sizes", px, least, channel.longest_most_px or MOST_SIZE_PX)
    short = channel.shortest_wanted_px
    return replace(
        channel,
        name=f"{channel.name}-{px}",
        longest_wanted_px=px,
        longest_most_px=px,
        shortest_wanted_px=short if short is not None and short <= px else None,
    )


def deliver(
    package: Package,
    sources: Iterable[tuple[str, str | Path | bytes]],
    targets: Sequence[Target],
    run: Run,
    delivery: Delivery,
    **options: Any,
) -> Iterator[Packed]:
    """Put every source into an open package for every target, and tell which slots are missing.

    Args:
        package: within its `with`, of the targets' channels.
        sources, run, options: as of `pack`.
        targets: as `Delivery.targets` gives them.

    Raises:
        InputError: as of `pack`; two pictures have one SKU and slot, or would have one name. Nothing is made then.
    """
    pictures = labeled(sources, delivery)
    plans = [planned(pictures, delivery, target.channel) for target in targets]
    for target in targets:
        check_fill(options.get("fill"), target.channel)
    for target, plan in zip(targets, plans, strict=True):
        channel = target.channel
        yield from pack(package, plan, channel, run, base=target.base, folder=target.folder, **options)
        if not delivery.asked:
            continue
        made = [
            (entry["sku"], entry["slot"])
            for entry in package.entries
            if entry["channel"] == channel.name and entry["status"] in (PASSED, FAILED)
        ]
        for sku, slots in missing(made, delivery, channel).items():
            for slot in slots:
                package.lack(channel, sku, slot)
            yield Packed(sku, after=(_lacking(slots),), channel=channel)


def _lacking(slots: Sequence[str]) -> Finding:
    value = Message("{slots} missing", {"slots": ", ".join(slots)})
    return Finding("slots", value, Message("every slot up to the last one, and those asked for"), "fail")
