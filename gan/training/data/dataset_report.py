"""Dataset report of `train.py doctor`: faults of a folder of pictures, and the training result to expect from it.

It reads, and changes nothing: `examine(folder).text()` is for people, `.record()` for programs.
"""

from __future__ import annotations

import dataclasses
import re
import sys
import textwrap
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

from gan.training.data.dataset_scan import Background, PictureFacts, Progress, Scan, Trait, scan

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Severity = Literal["problem", "advice", "ok"]

FEW_PICTURES = 30
"""A category of fewer is learned badly."""

PADDED_FROM = 1.02
"""Longer over shorter side from which on the padding can be seen."""

_ENOUGH_SHARE = 0.9
"""Of the pictures that must be as large as the advised resolution."""

CATALOG: Mapping[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
TEXTS = (".md", ".txt", ".json", ".jsonl", ".csv", ".html")

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
            "expectation": dataclasses.asdict(self.expectation) | {"sentences": list(self.expectation.sentences)},
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
    yield from _about("unreadable files", [f"{seen.name(file.path)}: {file.reason}" for file in seen.unreadable])
    texts = all(path.suffix.lower() in TEXTS for path in seen.others)
    yield from _about("other files", map(seen.name, seen.others), **({"remedy": ""} if texts else {}))
    yield from _about("blank pictures", seen.names(picture for picture in seen.pictures if picture.blank))


def _sizes(seen: Scan) -> Iterator[Finding]:
    if not seen.pictures:
        return
    pictures = sorted(seen.pictures, key=lambda picture: picture.width_px * picture.height_px)
    smallest, middle, largest = (picture.size for picture in (pictures[0], pictures[len(pictures) // 2], pictures[-1]))
    span = f"{smallest} to {largest} px, the middle one {middle}."
    yield Finding("ok", "sizes", span if smallest != largest else f"all are {smallest} px.")

    below = {px: [picture for picture in pictures if picture.shorter_px < px] for px in (64, 128, 256)}
    shares = ", ".join(f"{len(those):,} below {px} px" for px, those in below.items() if those)
    tiny = below[64]
    small = [f"{seen.name(picture.path)}: {picture.size}" for picture in tiny or below[128] or below[256]]
    subject = "tiny pictures" if tiny else "small pictures"
    yield from _about(subject, small, shares=shares, pictures=len(pictures))
    oblong = [picture for picture in seen.pictures if picture.elongation > PADDED_FROM]
    if oblong:
        extreme = [picture for picture in oblong if picture.elongation > 2]
        risky = bool(extreme) or any(picture.background == "busy" for picture in oblong)
        names = tuple(f"{seen.name(picture.path)}: {picture.size}" for picture in extreme)
        most = max(picture.elongation for picture in oblong)
        subject = "risky shapes" if risky else "shapes"
        yield _finding(subject, names, oblong=len(oblong), pictures=len(pictures), most=most)


_TRAITS: tuple[Trait, ...] = ("transparent", "animated", "CMYK", "deep", "damaged EXIF", "damaged profile")


def _traits(seen: Scan) -> Iterator[Finding]:
    def having(trait: Trait) -> tuple[str, ...]:
        return seen.names(picture for picture in seen.pictures if trait in picture.traits)

    for trait in _TRAITS:
        yield from _about(trait, having(trait))
    files, colorless = having("gray file"), having("colorless")
    if colorless and len(colorless) == len(seen.pictures):
        yield _finding("grayscale")
    elif files:
        yield _finding("gray files", files)
    elif colorless:
        yield Finding("ok", "grayscale", f"{len(colorless):,} without any color: gray, white or black products.")


def _copies(seen: Scan) -> Iterator[Finding]:
    if not seen.compared:
        yield Finding("ok", "near-copies", "not looked for, since the folder is very large; equal files were.")
    copies = sum(len(group) - 1 for group in seen.exact)
    yield from _about("equal files", seen.joined(seen.exact), copies=copies)
    held_out = seen.held_out()

    def differing(by: Callable[[PictureFacts], object], among: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
        return [group for group in among if len({by(seen.pictures[i]) for i in group}) > 1]

    straddling = differing(lambda picture: picture.path in held_out, seen.copies)
    contrary = differing(seen.category, seen.copies)
    near = differing(lambda picture: picture.digest, seen.copies)
    alike = differing(seen.product, near)
    views = [group for group in near if group not in alike]
    yield from _about("copies on both sides", seen.joined(straddling))
    yield from _about("copies in two categories", seen.joined(contrary))
    yield from _about("near-copies", seen.joined(alike))
    yield from _about("views alike", seen.joined(views))
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
    whitish = len(white) + len(off_white)
    subject, names = "backgrounds", busy
    if len(busy) > 0.1 * total:
        subject = "busy backgrounds"
    elif min(whitish, len(plain)) > 0.1 * total:
        subject, names = "mixed backgrounds", plain if whitish > len(plain) else white + off_white
    elif len(off_white) > 0.5 * total:
        subject = "off-white backgrounds"
    yield _finding(subject, tuple(names), shares=shares, middle=middle)


def _categories(seen: Scan) -> Iterator[Finding]:
    counts = seen.by_category()
    if len(counts) == 1:
        yield _finding("one category", name=next(iter(counts)))
    if len(counts) < 2:
        return
    (largest, most), (smallest, least) = counts.most_common(1)[0], counts.most_common()[-1]
    few = tuple(f"{name}: {n}" for name, n in sorted(counts.items(), key=lambda c: c[1]) if n < FEW_PICTURES)
    subject = "small categories" if few else "uneven categories" if most > 10 * least else "categories"
    values = {"categories": len(counts), "smallest": smallest, "least": least, "largest": largest, "most": most}
    below = _count(len(few), "category", "categories")
    yield _finding(subject, few, **values, few=below, enough=FEW_PICTURES)


def _records(seen: Scan) -> Iterator[Finding]:
    faults, known = seen.records.faults, seen.records.by_id
    yield from _about("records", faults)
    paths = [*(picture.path for picture in seen.pictures), *(file.path for file in seen.unreadable)]
    stems = Counter(path.stem for path in paths)
    if known:
        orphans = tuple(sorted(set(known) - set(stems)))
        strays = tuple(seen.name(path) for path in paths if path.stem not in known)
        yield from _about("records without a file", orphans, known=len(known))
        yield from _about("files without a record", strays, files=len(paths))
        if not (faults or orphans or strays):
            yield Finding("ok", "records", f"{len(known):,}, one for each picture.")
    repeated = {stem for stem, count in stems.items() if count > 1}
    several = [seen.name(path) for path in sorted(paths, key=lambda p: (p.stem, p)) if path.stem in repeated]
    yield from _about("names in several places", several, repeated=len(repeated))
    families: dict[str, list[str]] = defaultdict(list)
    for stem in sorted(set(stems) - set(known)):
        families[_series(stem)].append(stem)
    views = {name: members for name, members in families.items() if name and len(members) > 1}
    count = sum(map(len, views.values()))
    if 2 * count > len(stems) and len(views) > 1:
        first = min(min(members) for members in views.values())
        yield _finding("views by name", files=count, products=len(views), first=first, series=_series(first))


def _masks(seen: Scan) -> Iterator[Finding]:
    strays = tuple(seen.name(path) for path in seen.masks if path not in seen.masks_used)
    faults = tuple(f"{seen.name(path)}: {fault}" for path, fault in sorted(seen.mask_faults.items()))
    if not seen.masks:
        return
    yield from _about("masks", faults)
    yield from _about("masks without a picture", strays)
    if not faults and len(strays) < len(seen.masks):
        yield Finding("ok", "masks", f"{len(seen.masks) - len(strays):,}, of their pictures' sizes.")


def _about(subject: str, names: Iterable[str], **values: Any) -> Iterator[Finding]:
    """The finding of the catalog about these names; nothing if there are none."""
    found = tuple(names)
    if found:
        yield _finding(subject, found, **values)


def _finding(subject: str, names: tuple[str, ...] = (), **values: Any) -> Finding:
    """The finding of the catalog with its templates filled; `remedy` replaces its own."""
    text = CATALOG["findings"][subject]
    values["n"] = _count(len(names), text["unit"]) if "unit" in text else f"{len(names):,}"
    remedy = values.pop("remedy", text.get("remedy", ""))
    subject = text.get("subject", subject)
    return Finding(text["severity"], subject, text["found"].format(**values), remedy.format(**values), names)


def _series(stem: str) -> str:
    """A name like chair-3, chair_03 or chair (3) without its number; empty for other names and for IMG_0042."""
    match = re.fullmatch(r"(.*[^\W\d_].*?)(?:[\s_-]+|\s*\()0?\d\)?", stem)
    return match[1] if match else ""


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def expect(seen: Scan) -> Expectation:
    """Advice for a folder."""
    products = seen.distinct_products()
    usable = sum(not picture.blank for picture in seen.pictures)
    views = usable / products if products else 0.0
    outlook = next(row for row in CATALOG["outlook"] if products >= row["products"])
    advised_px, transfer = outlook["resolution_px"], outlook["transfer"]
    resolution_px = _reached(seen, advised_px)
    sentences = [
        f"{_count(products, 'distinct product')} after leaving out copies and what cannot "
        f"be read{f', about {views:.1f} pictures of each' if views >= 1.5 else ''}.",
        outlook["text"],
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
