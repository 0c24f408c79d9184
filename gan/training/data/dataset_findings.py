"""The doctor's rules: each looks at what is known of a folder and says what it found and what to do about it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from gan.training.data.dataset_facts import Examined
from gan.training.data.dataset_inspection import Trait
from gan.training.data.records import META_NAME

Severity = Literal["problem", "advice", "ok"]

FEW_PICTURES = 30
"""A category of fewer is learned badly."""

PADDED_FROM = 1.02
"""Longer over shorter side from which on the padding can be seen."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        severity: "problem" spoils a training or its figures, "advice" makes it better, "ok" is for information.
        subject: what was looked at, in a word or two.
        found: one sentence.
        remedy: one sentence; empty where nothing is to be done.
        names: the files, copies joined by " = "; relative to the folder.
    """

    severity: Severity
    subject: str
    found: str
    remedy: str = ""
    names: tuple[str, ...] = ()


def findings(seen: Examined) -> tuple[Finding, ...]:
    """Everything that the rules say, problems first."""
    rules: tuple[Callable[[Examined], Iterator[Finding]], ...] = (
        _files,
        _sizes,
        _traits,
        _copies,
        _backgrounds,
        _categories,
        _records,
        _masks,
    )
    order = ("problem", "advice", "ok")
    found = [finding for rule in rules for finding in rule(seen)]
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _files(seen: Examined) -> Iterator[Finding]:
    formats = Counter(look.file_format for look in seen.looks)
    yield Finding("ok", "formats", ", ".join(f"{count:,} {name}" for name, count in formats.most_common()) or "none")
    if seen.refusals:
        yield Finding(
            "problem",
            "unreadable files",
            f"{_count(len(seen.refusals), 'file')} cannot be read; training leaves them out.",
            "Save or fetch them again, or delete them.",
            tuple(f"{seen.name(refusal.path)}: {refusal.reason}" for refusal in seen.refusals),
        )
    if seen.strangers:
        yield Finding(
            "ok",
            "other files",
            f"{_count(len(seen.strangers), 'file')} by name no picture; left alone.",
            "If one of them is a picture, save it as JPEG, PNG or WebP." if not _are_texts(seen.strangers) else "",
            tuple(map(seen.name, seen.strangers)),
        )
    blank = [seen.name(look.path) for look in seen.looks if look.blank]
    if blank:
        yield Finding(
            "problem",
            "blank pictures",
            f"{_count(len(blank), 'picture')} of one colour only, without a product.",
            "Delete them: the network would learn to make empty pictures.",
            tuple(blank),
        )


def _sizes(seen: Examined) -> Iterator[Finding]:
    if not seen.looks:
        return
    looks = sorted(seen.looks, key=lambda look: look.width_px * look.height_px)
    smallest, middle, largest = (f"{x.width_px} x {x.height_px}" for x in (looks[0], looks[len(looks) // 2], looks[-1]))
    equal = smallest == largest
    yield Finding(
        "ok", "sizes", f"all are {smallest} px." if equal else f"{smallest} to {largest} px, the middle one {middle}."
    )
    below = {px: [look for look in looks if look.shorter_px < px] for px in (64, 128, 256)}
    if below[256]:
        shares = ", ".join(f"{len(those):,} below {px} px" for px, those in below.items() if those)
        tiny = below[64]
        yield Finding(
            "problem" if tiny else "advice",
            "small pictures",
            f"by their shorter side {shares}, of {len(looks):,}.",
            "Replace those below 64 px: enlarged they are blurs, and blurs are learned."
            if tiny
            else "A preset of more pixels than the pictures have learns their blur: choose one within their size.",
            tuple(f"{seen.name(x.path)}: {x.width_px} x {x.height_px}" for x in (tiny or below[128] or below[256])),
        )
    oblong = [look for look in seen.looks if look.elongation > PADDED_FROM]
    if oblong:
        longest = max(oblong, key=lambda look: look.elongation)
        extreme = [look for look in oblong if look.elongation > 2]
        busy = sum(look.background == "busy" for look in oblong)
        yield Finding(
            "advice" if extreme or busy else "ok",
            "shapes",
            f"{len(oblong):,} of {len(looks):,} are not square, up to {longest.elongation:.1f} to 1; "
            "Generate pads them with the colours of their edges to a square, and squeezes none.",
            "Crop those longer than 2 to 1, and those with something other than plain ground at their edges."
            if extreme or busy
            else "",
            tuple(f"{seen.name(x.path)}: {x.width_px} x {x.height_px}" for x in extreme),
        )


_TRAITS: tuple[tuple[Trait, Severity, str, str], ...] = (
    ("transparent", "ok", "have transparency, which is laid on white and serves as a mask.", ""),
    ("animated", "advice", "hold several frames or pages; only the first is used.", "Save other frames as files."),
    ("CMYK", "ok", "are CMYK and are converted to sRGB.", ""),
    ("deep", "ok", "have more than 8 bits a channel; training uses 8.", ""),
    ("damaged EXIF", "ok", "have a damaged EXIF block, which is ignored.", ""),
    (
        "damaged profile",
        "advice",
        "have a damaged colour profile; their colours are taken as sRGB and may be wrong.",
        "Export them again as sRGB.",
    ),
)


def _traits(seen: Examined) -> Iterator[Finding]:
    for trait, severity, found, remedy in _TRAITS:
        those = tuple(seen.name(look.path) for look in seen.looks if trait in look.traits)
        if those:
            yield Finding(severity, trait, f"{len(those):,} {found}", remedy, those)
    files = tuple(seen.name(look.path) for look in seen.looks if "grey file" in look.traits)
    colourless = tuple(seen.name(look.path) for look in seen.looks if "colourless" in look.traits)
    if colourless and len(colourless) == len(seen.looks):
        yield Finding("ok", "greyscale", "no picture has colours; nothing that is made will have any.")
    elif files:
        yield Finding(
            "advice",
            "greyscale",
            f"{_count(len(files), 'file')} in greyscale among pictures in colour.",
            "Replace them unless the products are grey: else some of what is made comes out grey.",
            files,
        )
    elif colourless:
        yield Finding("ok", "greyscale", f"{len(colourless):,} without any colour: grey, white or black products.")


def _copies(seen: Examined) -> Iterator[Finding]:
    if not seen.compared:
        yield Finding("ok", "near-copies", "not looked for, since the folder is very large; equal files were.")
    if seen.exact:
        yield Finding(
            "advice",
            "equal files",
            f"{sum(len(group) - 1 for group in seen.exact):,} are byte for byte copies of others.",
            "Keep one of each group: a product that is there twice is made twice as often.",
            tuple(map(seen.joined, seen.exact)),
        )
    held_out = seen.held_out()
    straddling: list[tuple[int, ...]] = []
    contrary: list[tuple[int, ...]] = []
    alike: list[tuple[int, ...]] = []
    views: list[tuple[int, ...]] = []
    for group in seen.copies:
        looks = [seen.looks[i] for i in group]
        if len({look.path in held_out for look in looks}) > 1:
            straddling.append(group)
        if len({seen.category(look) for look in looks}) > 1:
            contrary.append(group)
        if len({look.digest for look in looks}) > 1:
            (alike if len({seen.product(look) for look in looks}) > 1 else views).append(group)
    if straddling:
        yield Finding(
            "problem",
            "copies on both sides",
            f"{_count(len(straddling), 'picture')} both in the training and in the held-out part: the figures would "
            "praise what was learned by heart.",
            f"Delete one of each, or give both the same product in {META_NAME}.",
            tuple(map(seen.joined, straddling)),
        )
    if contrary:
        yield Finding(
            "problem",
            "copies in two categories",
            f"{_count(len(contrary), 'picture')} under several categories.",
            "Keep the right one: the network cannot tell these categories apart.",
            tuple(map(seen.joined, contrary)),
        )
    if alike:
        yield Finding(
            "advice",
            "near-copies",
            f"{_count(len(alike), 'group')} of pictures of different products that are re-encoded, resized or slightly "
            "cropped copies of each other.",
            f"Look at them; keep the largest, or give them the same product in {META_NAME}.",
            tuple(map(seen.joined, alike)),
        )
    if views:
        yield Finding(
            "ok",
            "views alike",
            f"{_count(len(views), 'product')} with views that are hard to tell apart; harmless, but of little use.",
            names=tuple(map(seen.joined, views)),
        )
    if seen.compared and not seen.copies:
        yield Finding("ok", "copies", "none, neither equal nor re-encoded, resized or slightly cropped.")


def _backgrounds(seen: Examined) -> Iterator[Finding]:
    if not seen.looks:
        return
    kinds: dict[str, list[str]] = defaultdict(list)
    for look in seen.looks:
        kinds[look.background].append(seen.name(look.path))
    total = len(seen.looks)
    shares = ", ".join(
        f"{len(kinds[kind]) / total:.0%} {words}"
        for kind, words in (
            ("white", "pure white"),
            ("off-white", "nearly white"),
            ("plain", "plain"),
            ("busy", "busy"),
        )
        if kinds[kind]
    )
    white = median(look.white for look in seen.looks)
    found = f"{shares}; in the middle picture {white:.0%} of the border's pixels are 255, 255, 255."
    whitish = len(kinds["white"]) + len(kinds["off-white"])
    if len(kinds["busy"]) > 0.1 * total:
        remedy = "Cut the products out first: a network of this size spends itself on backgrounds."
        yield Finding("advice", "backgrounds", found, remedy, tuple(kinds["busy"]))
    elif min(whitish, len(kinds["plain"])) > 0.1 * total:
        remedy = "Bring them to one background, white for most shops: what is made mixes those it has seen."
        rarer = kinds["plain"] if whitish > len(kinds["plain"]) else kinds["white"] + kinds["off-white"]
        yield Finding("advice", "backgrounds", found, remedy, tuple(rarer))
    elif len(kinds["off-white"]) > 0.5 * total:
        remedy = "Good for training; what is made will be nearly white too, so whiten it where a shop asks for 255."
        yield Finding("ok", "backgrounds", found, remedy, tuple(kinds["busy"]))
    else:
        yield Finding("ok", "backgrounds", found, names=tuple(kinds["busy"]))


def _categories(seen: Examined) -> Iterator[Finding]:
    counts = seen.by_category()
    if not counts:
        return
    if len(counts) == 1:
        yield Finding(
            "ok", "categories", f"one only, {next(iter(counts))}: no sub-folders and no categories in records."
        )
        return
    (largest, most), (smallest, least) = counts.most_common(1)[0], counts.most_common()[-1]
    found = f"{len(counts)}, from {smallest} with {least:,} to {largest} with {most:,} pictures."
    few = tuple(
        f"{name}: {count}" for name, count in sorted(counts.items(), key=lambda c: c[1]) if count < FEW_PICTURES
    )
    if few:
        yield Finding(
            "advice",
            "categories",
            f"{found} {_count(len(few), 'category', 'categories')} below {FEW_PICTURES}.",
            "Merge those with a related category or add pictures: their samples will be copies or blurs.",
            few,
        )
    elif most > 10 * least:
        remedy = "Add pictures to the smallest: it is seen ten times as seldom as the largest."
        yield Finding("advice", "categories", found, remedy)
    else:
        yield Finding("ok", "categories", found)


def _records(seen: Examined) -> Iterator[Finding]:
    faults, known = seen.records.faults, seen.records.by_id
    if faults:
        yield Finding(
            "problem",
            "records",
            f"{_count(len(faults), 'line')} that cannot be used.",
            'Mend or remove them: a line is one JSON object with "id" and "product", and training needs all of them.',
            faults,
        )
    paths = [look.path for look in seen.looks] + [refusal.path for refusal in seen.refusals]
    stems = Counter(path.stem for path in paths)
    if known:
        orphans = tuple(sorted(set(known) - set(stems)))
        strays = tuple(seen.name(path) for path in paths if path.stem not in known)
        if orphans:
            yield Finding(
                "advice",
                "records without a file",
                f"{len(orphans):,} of {len(known):,} records name no picture that is there.",
                "Fetch the files or remove the lines.",
                orphans,
            )
        if strays:
            yield Finding(
                "advice",
                "files without a record",
                f"{len(strays):,} of {len(paths):,} pictures; each counts as a product of its own.",
                f"Add them to {META_NAME}, so that views of one product stay together.",
                strays,
            )
        if not (faults or orphans or strays):
            yield Finding("ok", "records", f"{len(known):,}, one for each picture.")
    repeated = {stem for stem, count in stems.items() if count > 1}
    if repeated:
        yield Finding(
            "advice",
            "names in several places",
            f"{len(repeated):,} names are used by several files, which then count as one product.",
            "Rename those that show different products.",
            tuple(seen.name(path) for path in sorted(paths, key=lambda p: (p.stem, p)) if path.stem in repeated),
        )
    series = {stem for stem in stems if stem not in known and _series(stem)}
    families = Counter(_series(stem) for stem in series)
    views = sorted(stem for stem in series if families[_series(stem)] > 1)
    if 2 * len(views) > len(stems) and len({_series(stem) for stem in views}) > 1:
        yield Finding(
            "advice",
            "views by name",
            f"{len(views):,} files look by their names like views of {len({_series(v) for v in views}):,} products, "
            "but each counts as a product of its own, and so views of one product land on both sides of the split.",
            f'Write a {META_NAME} with a line {{"id": "{views[0]}", "product": "{_series(views[0])}"}} for each file.',
        )


def _masks(seen: Examined) -> Iterator[Finding]:
    if not seen.masks:
        return
    strays = tuple(seen.name(path) for path in seen.masks if path not in seen.masks_used)
    faults = tuple(f"{seen.name(path)}: {fault}" for path, fault in sorted(seen.mask_faults.items()))
    if faults:
        yield Finding(
            "problem",
            "masks",
            f"{_count(len(faults), 'picture')} whose mask is missing, unreadable or of another size.",
            "Make these masks again: in place of one that is missing or of another size the product is guessed from "
            "the ground, and a damaged one costs its picture.",
            faults,
        )
    if strays:
        yield Finding(
            "advice",
            "masks without a picture",
            f"{_count(len(strays), 'mask')} that training does not use.",
            "A picture FOLDER/NAME.jpg has its mask beside that folder, as masks/NAME.png.",
            strays,
        )
    if not faults and len(strays) < len(seen.masks):
        yield Finding("ok", "masks", f"{len(seen.masks) - len(strays):,}, of their pictures' sizes.")


def _series(stem: str) -> str:
    """What a name like chair-3, chair_03 or chair (3) is without its number; empty for other names and for IMG_0042."""
    match = re.fullmatch(r"(.*[^\W\d_].*?)(?:[\s_-]+|\s*\()0?\d\)?", stem)
    return match[1] if match else ""


def _are_texts(paths: Iterable[Path]) -> bool:
    return all(path.suffix.lower() in (".md", ".txt", ".json", ".jsonl", ".csv", ".html") for path in paths)


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"
