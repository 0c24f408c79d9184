"""Dataset report of `train.py doctor`: faults of a folder of pictures, and the training result to expect from it.

It reads, and changes nothing: `examine(folder).text()` is for people, `.record()` for programs.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

from gan.training.data.dataset_scan import Background, PictureFacts, Progress, Scan, Trait, scan
from gan.training.data.records import META_NAME

Severity = Literal["problem", "advice", "ok"]

FEW_PICTURES = 30
"""A category of fewer is learned badly."""

PADDED_FROM = 1.02
"""Longer over shorter side from which on the padding can be seen."""

_ENOUGH_SHARE = 0.9
"""Of the pictures that must be as large as the advised resolution."""

_NAMES_SHOWN = 5
_WIDTH = 100
_MARKS: Mapping[Severity, str] = {"problem": "PROBLEM", "advice": "advice", "ok": "ok"}


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


@dataclass(frozen=True)
class Expectation:
    """Advice by the number of distinct products.

    Attributes:
        products: that can be told apart, after removing copies and what cannot be read.
        views: pictures per product, on average.
        resolution_px: the largest that is worth trying; 0 where training is not.
        transfer: whether to begin from published weights.
        sentences: for people.
    """

    products: int
    views: float
    resolution_px: int
    transfer: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Report on a folder.

    Attributes:
        folder: that was examined.
        pictures: files called pictures, readable or not, without masks.
        products: as training counts them.
        categories: readable pictures by category.
        findings: problems first.
        expectation: what training would give.
        seconds: that the examination took.
    """

    folder: Path
    pictures: int
    products: int
    categories: Mapping[str, int]
    findings: tuple[Finding, ...]
    expectation: Expectation
    seconds: float

    def count(self, severity: Severity) -> int:
        """Number of findings of that severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def text(self) -> str:
        """For people: at most 100 columns, a few names for each finding, all of them in the record."""
        pictures, products = _count(self.pictures, "picture"), _count(self.products, "product")
        categories = _count(len(self.categories), "category", "categories")
        problems, advice = self.count("problem"), self.count("advice")
        lines = [
            f"{self.folder}: {pictures}, {products}, {categories}; looked at in {self.seconds:.0f} s.",
            f"{problems or 'No'} {'problem' if problems == 1 else 'problems'}, "
            f"{advice or 'no'} {'piece' if advice == 1 else 'pieces'} of advice.",
            "",
        ]
        for finding in self.findings:
            lines += _shown(finding)
        lines += ["", "What to expect", *_wrapped(" ".join(self.expectation.sentences), "  ")]
        return "\n".join(lines) + "\n"

    def record(self) -> dict[str, Any]:
        """JSON-ready: every attribute, with every name."""
        return {
            "folder": str(self.folder),
            "pictures": self.pictures,
            "products": self.products,
            "categories": dict(self.categories),
            "problems": self.count("problem"),
            "findings": [{**dataclasses.asdict(f), "names": list(f.names)} for f in self.findings],
            "expectation": {
                **dataclasses.asdict(self.expectation),
                "sentences": list(self.expectation.sentences),
            },
            "seconds": round(self.seconds, 1),
        }


def examine(folder: Path, *, on_progress: Progress | None = None) -> Report:
    """Report on every file below a folder; a bad one is reported and does not stop it.

    Thumbnails and a few numbers of each picture are kept, 4 kB together. 2,351 pictures of 256 px with
    their masks took 25 s of one core.

    Raises:
        InputError: the folder is missing or holds no file that is called a picture.
    """
    began = time.perf_counter()
    seen = scan(folder, on_progress or (lambda done, total, what: None))
    return Report(
        folder=folder,
        pictures=len(seen.pictures) + len(seen.unreadable),
        products=len(set(map(seen.product, seen.pictures))),
        categories=dict(seen.by_category().most_common()),
        findings=findings(seen),
        expectation=expect(seen),
        seconds=time.perf_counter() - began,
    )


def findings(seen: Scan) -> tuple[Finding, ...]:
    """Apply all rules, problems first."""
    rules: tuple[Callable[[Scan], Iterator[Finding]], ...]
    rules = (_files, _sizes, _traits, _copies, _backgrounds, _categories, _records, _masks)
    order = ("problem", "advice", "ok")
    return tuple(sorted((f for rule in rules for f in rule(seen)), key=lambda finding: order.index(finding.severity)))


def _files(seen: Scan) -> Iterator[Finding]:
    formats = Counter(picture.file_format for picture in seen.pictures)
    yield Finding("ok", "formats", ", ".join(f"{count:,} {name}" for name, count in formats.most_common()) or "none")
    yield from _about(
        tuple(f"{seen.name(file.path)}: {file.reason}" for file in seen.unreadable),
        "problem",
        "unreadable files",
        f"{_count(len(seen.unreadable), 'file')} cannot be read; training leaves them out.",
        "Save or fetch them again, or delete them.",
    )
    yield from _about(
        tuple(map(seen.name, seen.others)),
        "ok",
        "other files",
        f"{_count(len(seen.others), 'file')} by name no picture; left alone.",
        "" if _are_texts(seen.others) else "If one of them is a picture, save it as JPEG, PNG or WebP.",
    )
    blank = seen.names(picture for picture in seen.pictures if picture.blank)
    yield from _about(
        blank,
        "problem",
        "blank pictures",
        f"{_count(len(blank), 'picture')} of one color only, without a product.",
        "Delete them: the network would learn to make empty pictures.",
    )


def _sizes(seen: Scan) -> Iterator[Finding]:
    if not seen.pictures:
        return
    pictures = sorted(seen.pictures, key=lambda picture: picture.width_px * picture.height_px)
    smallest, middle, largest = (picture.size for picture in (pictures[0], pictures[len(pictures) // 2], pictures[-1]))
    sizes = (
        f"{smallest} to {largest} px, the middle one {middle}." if smallest != largest else f"all are {smallest} px."
    )
    yield Finding("ok", "sizes", sizes)

    below = {px: [picture for picture in pictures if picture.shorter_px < px] for px in (64, 128, 256)}
    shares = ", ".join(f"{len(those):,} below {px} px" for px, those in below.items() if those)
    tiny = below[64]
    yield from _about(
        tuple(f"{seen.name(picture.path)}: {picture.size}" for picture in tiny or below[128] or below[256]),
        "problem" if tiny else "advice",
        "small pictures",
        f"by their shorter side {shares}, of {len(pictures):,}.",
        "Replace those below 64 px: enlarged they are blurs, and blurs are learned."
        if tiny
        else "A preset of more pixels than the pictures have learns their blur: choose one within their size.",
    )
    oblong = [picture for picture in seen.pictures if picture.elongation > PADDED_FROM]
    if oblong:
        extreme = [picture for picture in oblong if picture.elongation > 2]
        risky = bool(extreme) or any(picture.background == "busy" for picture in oblong)
        yield Finding(
            "advice" if risky else "ok",
            "shapes",
            f"{len(oblong):,} of {len(pictures):,} are not square, up to {max(p.elongation for p in oblong):.1f} to 1; "
            "Generate pads them with the colors of their edges to a square, and squeezes none.",
            "Crop those longer than 2 to 1, and those with something other than plain ground at their edges."
            if risky
            else "",
            tuple(f"{seen.name(picture.path)}: {picture.size}" for picture in extreme),
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
        "have a damaged color profile; their colors are taken as sRGB and may be wrong.",
        "Export them again as sRGB.",
    ),
)


def _traits(seen: Scan) -> Iterator[Finding]:
    def having(trait: Trait) -> tuple[str, ...]:
        return seen.names(picture for picture in seen.pictures if trait in picture.traits)

    for trait, severity, found, remedy in _TRAITS:
        yield from _about(having(trait), severity, trait, f"{len(having(trait)):,} {found}", remedy)
    files, colorless = having("gray file"), having("colorless")
    if colorless and len(colorless) == len(seen.pictures):
        yield Finding("ok", "grayscale", "no picture has colors; nothing that is made will have any.")
    elif files:
        found = f"{_count(len(files), 'file')} in grayscale among pictures in color."
        remedy = "Replace them unless the products are gray: else some of what is made comes out gray."
        yield Finding("advice", "grayscale", found, remedy, files)
    elif colorless:
        yield Finding("ok", "grayscale", f"{len(colorless):,} without any color: gray, white or black products.")


def _copies(seen: Scan) -> Iterator[Finding]:
    if not seen.compared:
        yield Finding("ok", "near-copies", "not looked for, since the folder is very large; equal files were.")
    yield from _about(
        seen.joined(seen.exact),
        "advice",
        "equal files",
        f"{sum(len(group) - 1 for group in seen.exact):,} are byte for byte copies of others.",
        "Keep one of each group: a product that is there twice is made twice as often.",
    )
    held_out = seen.held_out()

    def differing(by: Callable[[PictureFacts], object], among: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
        return [group for group in among if len({by(seen.pictures[i]) for i in group}) > 1]

    straddling = differing(lambda picture: picture.path in held_out, seen.copies)
    contrary = differing(seen.category, seen.copies)
    near = differing(lambda picture: picture.digest, seen.copies)
    alike = differing(seen.product, near)
    views = [group for group in near if group not in alike]
    yield from _about(
        seen.joined(straddling),
        "problem",
        "copies on both sides",
        f"{_count(len(straddling), 'picture')} both in the training and in the held-out part: the figures would "
        "praise what was learned by heart.",
        f"Delete one of each, or give both the same product in {META_NAME}.",
    )
    yield from _about(
        seen.joined(contrary),
        "problem",
        "copies in two categories",
        f"{_count(len(contrary), 'picture')} under several categories.",
        "Keep the right one: the network cannot tell these categories apart.",
    )
    yield from _about(
        seen.joined(alike),
        "advice",
        "near-copies",
        f"{_count(len(alike), 'group')} of pictures of different products that are re-encoded, resized or slightly "
        "cropped copies of each other.",
        f"Look at them; keep the largest, or give them the same product in {META_NAME}.",
    )
    yield from _about(
        seen.joined(views),
        "ok",
        "views alike",
        f"{_count(len(views), 'product')} with views that are hard to tell apart; harmless, but of little use.",
    )
    if seen.compared and not seen.copies:
        yield Finding("ok", "copies", "none, neither equal nor re-encoded, resized or slightly cropped.")


def _backgrounds(seen: Scan) -> Iterator[Finding]:
    if not seen.pictures:
        return
    kinds: dict[Background, list[str]] = {"white": [], "off-white": [], "plain": [], "busy": []}
    for picture in seen.pictures:
        kinds[picture.background].append(seen.name(picture.path))
    white, off_white, plain, busy = kinds.values()
    total = len(seen.pictures)
    words = {"white": "pure white", "off-white": "nearly white", "plain": "plain", "busy": "busy"}
    shares = ", ".join(f"{len(names) / total:.0%} {words[kind]}" for kind, names in kinds.items() if names)
    middle = median(picture.white for picture in seen.pictures)
    found = f"{shares}; in the middle picture {middle:.0%} of the border's pixels are 255, 255, 255."
    whitish = len(white) + len(off_white)
    severity: Severity = "ok"
    remedy, names = "", busy
    if len(busy) > 0.1 * total:
        severity, remedy = "advice", "Cut the products out first: a network of this size spends itself on backgrounds."
    elif min(whitish, len(plain)) > 0.1 * total:
        severity = "advice"
        remedy = "Bring them to one background, white for most shops: what is made mixes those it has seen."
        names = plain if whitish > len(plain) else white + off_white
    elif len(off_white) > 0.5 * total:
        remedy = "Good for training; what is made will be nearly white too, so whiten it where a shop asks for 255."
    yield Finding(severity, "backgrounds", found, remedy, tuple(names))


def _categories(seen: Scan) -> Iterator[Finding]:
    counts = seen.by_category()
    if len(counts) == 1:
        found = f"one only, {next(iter(counts))}: no sub-folders and no categories in records."
        yield Finding("ok", "categories", found)
    if len(counts) < 2:
        return
    (largest, most), (smallest, least) = counts.most_common(1)[0], counts.most_common()[-1]
    found = f"{len(counts)}, from {smallest} with {least:,} to {largest} with {most:,} pictures."
    few = tuple(f"{name}: {n}" for name, n in sorted(counts.items(), key=lambda c: c[1]) if n < FEW_PICTURES)
    if few:
        found += f" {_count(len(few), 'category', 'categories')} below {FEW_PICTURES}."
        remedy = "Merge those with a related category or add pictures: their samples will be copies or blurs."
        yield Finding("advice", "categories", found, remedy, few)
    elif most > 10 * least:
        remedy = "Add pictures to the smallest: it is seen ten times as seldom as the largest."
        yield Finding("advice", "categories", found, remedy)
    else:
        yield Finding("ok", "categories", found)


def _records(seen: Scan) -> Iterator[Finding]:
    faults, known = seen.records.faults, seen.records.by_id
    yield from _about(
        faults,
        "problem",
        "records",
        f"{_count(len(faults), 'line')} that cannot be used.",
        'Mend or remove them: a line is one JSON object with "id" and "product", and training needs all of them.',
    )
    paths = [*(picture.path for picture in seen.pictures), *(file.path for file in seen.unreadable)]
    stems = Counter(path.stem for path in paths)
    if known:
        orphans = tuple(sorted(set(known) - set(stems)))
        strays = tuple(seen.name(path) for path in paths if path.stem not in known)
        yield from _about(
            orphans,
            "advice",
            "records without a file",
            f"{len(orphans):,} of {len(known):,} records name no picture that is there.",
            "Fetch the files or remove the lines.",
        )
        yield from _about(
            strays,
            "advice",
            "files without a record",
            f"{len(strays):,} of {len(paths):,} pictures; each counts as a product of its own.",
            f"Add them to {META_NAME}, so that views of one product stay together.",
        )
        if not (faults or orphans or strays):
            yield Finding("ok", "records", f"{len(known):,}, one for each picture.")
    repeated = {stem for stem, count in stems.items() if count > 1}
    yield from _about(
        tuple(seen.name(path) for path in sorted(paths, key=lambda p: (p.stem, p)) if path.stem in repeated),
        "advice",
        "names in several places",
        f"{len(repeated):,} names are used by several files, which then count as one product.",
        "Rename those that show different products.",
    )
    families: dict[str, list[str]] = defaultdict(list)
    for stem in sorted(set(stems) - set(known)):
        families[_series(stem)].append(stem)
    views = {name: members for name, members in families.items() if name and len(members) > 1}
    count = sum(map(len, views.values()))
    if 2 * count > len(stems) and len(views) > 1:
        first = min(min(members) for members in views.values())
        yield Finding(
            "advice",
            "views by name",
            f"{count:,} files look by their names like views of {len(views):,} products, "
            "but each counts as a product of its own, and so views of one product land on both sides of the split.",
            f'Write a {META_NAME} with a line {{"id": "{first}", "product": "{_series(first)}"}} for each file.',
        )


def _masks(seen: Scan) -> Iterator[Finding]:
    strays = tuple(seen.name(path) for path in seen.masks if path not in seen.masks_used)
    faults = tuple(f"{seen.name(path)}: {fault}" for path, fault in sorted(seen.mask_faults.items()))
    if not seen.masks:
        return
    yield from _about(
        faults,
        "problem",
        "masks",
        f"{_count(len(faults), 'picture')} whose mask is missing, unreadable or of another size.",
        "Make these masks again: in place of one that is missing or of another size the product is guessed from "
        "the ground, and a damaged one costs its picture.",
    )
    yield from _about(
        strays,
        "advice",
        "masks without a picture",
        f"{_count(len(strays), 'mask')} that training does not use.",
        "A picture FOLDER/NAME.jpg has its mask beside that folder, as masks/NAME.png.",
    )
    if not faults and len(strays) < len(seen.masks):
        yield Finding("ok", "masks", f"{len(seen.masks) - len(strays):,}, of their pictures' sizes.")


def _about(names: tuple[str, ...], severity: Severity, subject: str, found: str, remedy: str = "") -> Iterator[Finding]:
    """A finding about these names; nothing if there are none."""
    if names:
        yield Finding(severity, subject, found, remedy, names)


def _series(stem: str) -> str:
    """A name like chair-3, chair_03 or chair (3) without its number; empty for other names and for IMG_0042."""
    match = re.fullmatch(r"(.*[^\W\d_].*?)(?:[\s_-]+|\s*\()0?\d\)?", stem)
    return match[1] if match else ""


def _are_texts(paths: Iterable[Path]) -> bool:
    return all(path.suffix.lower() in (".md", ".txt", ".json", ".jsonl", ".csv", ".html") for path in paths)


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


_ADVICE = (
    # products, resolution, begin from published weights
    (10_000, 256, False),
    (2000, 256, False),
    (500, 128, True),
    (100, 128, True),
    (20, 64, True),
    (0, 0, True),
)
"""By the number of distinct products, the largest first."""

# Frechet distances: DiffAugment (arXiv 2006.10738) and FastGAN (arXiv 2101.04775).
_OUTLOOK = {
    10_000: "That is much: products of their own and fine details can be expected, given the pictures seen. "
    "Augmentation matters little any more.",
    2000: "That is a good number: clear shapes and variety can be expected, at 128 px first. Keep the augmentation on: "
    "with 5,000 faces at 256 px it more than halved the published Frechet distance (26.6 to 10.5).",
    500: "Expect recognizable products of each large category, variants and mixtures of those that are there rather "
    "than new designs, and soft details. Augmentation is needed: with 1,000 faces at 256 px it took the published "
    "Frechet distance from 62 to 26, and faces are more alike than products.",
    100: "Expect variants of the products that are there, in other colors, sizes and views, and few convincing new "
    "ones. Augmentation is needed, and so is an eye on memorization: the evaluation's nearest-neighbor ratio.",
    20: "That is little: the network will know each product by heart and vary its color, size and view. The best "
    "published figure for 100 pictures of one and the same face is a Frechet distance of 41; different products "
    "are harder.",
    0: "That is too little to train on: the result would be these products again. Add products, or use the published "
    "weights as they are.",
}


def expect(seen: Scan) -> Expectation:
    """Advice for a folder."""
    products = seen.distinct_products()
    usable = sum(not picture.blank for picture in seen.pictures)
    views = usable / products if products else 0.0
    least, advised_px, transfer = next(row for row in _ADVICE if products >= row[0])
    resolution_px = _reached(seen, advised_px)
    sentences = [
        f"{_count(products, 'distinct product')} after leaving out copies and what cannot "
        f"be read{f', about {views:.1f} pictures of each' if views >= 1.5 else ''}.",
        _OUTLOOK[least],
    ]
    if views >= 1.5:
        sentences.append("Views of one product teach how it turns; they do not count as further products.")
    if resolution_px:
        sentences.append(f"Choose a preset of at most {resolution_px} px; Enhance makes samples larger.")
    if resolution_px < advised_px:
        sentences.append(f"The number of products would allow {advised_px} px, but the pictures are smaller.")
    if transfer and resolution_px:
        sentences.append("Begin from published weights with --from: shapes come sooner, and fewer pictures do.")
    categories = len(seen.by_category())
    if categories > 1 and 0 < products / categories < 20:
        sentences.append(
            f"{products / categories:.0f} products in a category are few: one category alone, or all as one, learns "
            "better than many small ones."
        )
    held_out = seen.held_out()
    measured = {seen.product(picture) for picture in seen.pictures if picture.path in held_out}
    if products and len(measured) < 8:
        found = f"Only {len(measured)}" if measured else "None"
        sentences.append(
            f"{found} of the products would be held out for measuring: trust your eyes more than the figures."
        )
    return Expectation(products, round(views, 2), resolution_px, transfer, tuple(sentences))


def _reached(seen: Scan, most_px: int) -> int:
    """The largest resolution, up to the given one, that nearly all pictures reach; 64 if few reach any."""
    for px in (256, 128):
        enough = sum(picture.shorter_px >= px for picture in seen.pictures) >= _ENOUGH_SHARE * len(seen.pictures)
        if px <= most_px and enough:
            return px
    return min(64, most_px)


def _shown(finding: Finding) -> Iterator[str]:
    yield from _wrapped(f"{finding.subject}: {finding.found}", f"{_MARKS[finding.severity]:<9}")
    if finding.remedy:
        yield from _wrapped(f"-> {finding.remedy}", " " * 9)
    if finding.names and finding.severity != "ok":
        yield from (f"{'':12}{name}" for name in finding.names[:_NAMES_SHOWN])
        if len(finding.names) > _NAMES_SHOWN:
            yield f"{'':12}and {len(finding.names) - _NAMES_SHOWN:,} more"


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
