"""Published checkpoints: one manifest, safetensors only, SHA-256 verified before use.

A checkpoint is a folder with three files, which is also what the Hub expects: the tensors, the network's config, the
model card. `gan.models.manifest` holds a record of each. What resuming needs is not here but in a run's own
checkpoints, see `gan.training`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from gan.core.errors import WeightsError
from gan.core.files import write_atomic
from gan.core.message import Message
from gan.limits import MAX_CONFIG_NUMBER
from gan.models.beside import Beside
from gan.models.hub import CARD_FILE, CONFIG_FILE, MODEL_FILE, hub_id, pull, render_card
from gan.models.manifest import Manifest, Metric, Record

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_LICENSE = re.compile(r"---\n(?:(?!---).*\n)*?license:[ \t]*[\"']?(?P<name>[\w.+-]+)")
"""Within a card's front matter, as the Hub has it."""


@dataclass(frozen=True)
class Checkpoint:
    """Tensors whose hash was checked, and the config to build their network from.

    Attributes:
        config: the constructor's fields, size rules and value range, as the task wrote them.
        state: on the CPU; fp16 and bf16 are widened to float32.
        record: the manifest's; None where the folder stands alone, as in a run or from the Hub.
        licence: of the weights and of what they learned from, as card and record state them; empty where none does.
        beside: further files of the checkpoint.
    """

    name: str
    task: str
    config: dict[str, Any]
    state: dict[str, Tensor]
    sha256: str
    record: Record | None = None
    licence: str = ""
    beside: Beside = field(default_factory=Beside)

    def fill(self, network: nn.Module) -> None:
        """Load the tensors into the network that was built from `config`.

        Raises:
            WeightsError: they do not fit exactly.
        """
        try:
            network.load_state_dict(self.state)
        except RuntimeError as error:
            raise WeightsError(
                "weights",
                "the tensors of {name} do not match the network in its {config}",
                "names and shapes must match",
                "Publish the checkpoint again",
                name=self.name,
                config=CONFIG_FILE,
            ) from error


@dataclass(frozen=True)
class Check:
    """Result of `verify` for one checkpoint; `problem` is empty if it is intact."""

    name: str
    problem: str = ""


def resolve(name: str, weights_dir: Path) -> Path:
    """Path of a model: a name of the manifest, else an existing path, else, given as owner/name, the Hub.

    Args:
        name: "enhance-x4", "runs/x4/weights", "model.pth", "owner/name" or "owner/name/file.pth".

    Returns:
        The folder of a published checkpoint, or a single file of a third-party format.

    Raises:
        WeightsError: there is no such model, or the Hub cannot be reached.
    """
    record = Manifest.read(weights_dir).get(name)
    if record is not None:
        return weights_dir / record.path
    path = Path(name)
    if name and path.exists():
        return path
    # A mistyped path such as weights/enhance-x5 looks like a Hub id; nobody asked for the network then.
    if hub_id(name) and not Path(path.parts[0]).is_dir():
        return pull(name)
    raise WeightsError(
        "model",
        'there is no "{name}"',
        "a name from the manifest, a path, or owner/name on the Hub is expected",
        "See: python -m gan weights list",
        name=name,
    )


def read(name: str | Path, weights_dir: Path) -> Checkpoint:
    """Read a published checkpoint and check its hash.

    Args:
        name: of the manifest, or a folder, or a Hub id; see `resolve`.

    Raises:
        WeightsError: it is missing or damaged, its hash is another, or its config is not one.
    """
    folder = resolve(str(name), weights_dir)
    record = Manifest.read(weights_dir).get(str(name))
    config = _read_config(folder)
    expected = record.sha256 if record is not None else config["sha256"]
    data = _read_bytes(folder / MODEL_FILE)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != expected:
        raise WeightsError(
            "weights",
            "{path} has the SHA-256 {found}...",
            "{recorded}... is expected",
            "Restore the file, or publish the checkpoint again",
            path=_told(folder / MODEL_FILE),
            found=sha256[:12],
            recorded=expected[:12],
        )
    try:
        # From the bytes that were hashed, so that nothing can change in between.
        state = safetensors.torch.load(data)
    except SafetensorError as error:
        raise damaged(folder / MODEL_FILE, str(error)) from error
    _check_numbers(folder / CONFIG_FILE, config["network"], state)
    widened = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    licence, beside = _licence(folder, record), Beside(folder, {} if record is None else record.files)
    return Checkpoint(config["name"], config["task"], config["network"], widened, sha256, record, licence, beside)


def network_config(name: str, weights_dir: Path) -> dict[str, Any]:
    """The constructor's fields of a published network, without reading its tensors.

    Raises:
        WeightsError: it is missing, or its config is not one.
    """
    config: dict[str, Any] = _read_config(resolve(name, weights_dir))["network"]
    return config


def write_checkpoint(
    folder: Path,
    *,
    name: str,
    task: str,
    config: Mapping[str, Any],
    state: Mapping[str, Tensor],
    card: str,
    recipe: str = "",
    preset: str = "",
    seen_images: int = 0,
    data: str = "",
    data_licence: str = "",
    metrics: Mapping[str, Metric] | None = None,
) -> Record:
    """Write a checkpoint folder in published form, without a manifest: a run's current weights.

    Args:
        config: JSON-ready; all that building the network needs.
        state: written in the types in which it comes.
        card: what the model is for and where it ends, in Markdown; the figures are added from the record.

    Returns:
        The record, with `path` set to the folder's name.

    Raises:
        WeightsError: the name has other characters than a folder and the Hub allow.
    """
    if not _NAME.fullmatch(name):
        raise WeightsError(
            "name",
            '"{name}"',
            "lowercase letters, digits, dots, hyphens and underscores are allowed",
            "Choose another",
            name=name,
        )
    # Cloned, because safetensors refuses tensors that share memory.
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}
    blob = safetensors.torch.save(tensors, metadata={"format": "pt"})
    record = Record(
        name=name,
        task=task,
        path=folder.name,
        sha256=hashlib.sha256(blob).hexdigest(),
        bytes=len(blob),
        parameters=sum(value.numel() for value in tensors.values() if value.is_floating_point()),
        recipe=recipe,
        preset=preset,
        seen_images=seen_images,
        data=data,
        data_licence=data_licence,
        metrics=dict(metrics or {}),
    )
    training = {"recipe": recipe, "preset": preset, "seen_images": seen_images}
    described = {"name": name, "task": task, "sha256": record.sha256, "network": dict(config), "training": training}
    write_atomic(folder / MODEL_FILE, blob)
    write_atomic(folder / CONFIG_FILE, (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode())
    write_atomic(folder / CARD_FILE, render_card(record, card).encode())
    return record


def publish(weights_dir: Path, *, name: str, **fields: Any) -> Record:
    """Write `weights_dir/name/` as `write_checkpoint` does, with its fields, and enter it into the manifest.

    Raises:
        WeightsError: as `write_checkpoint`; or the manifest cannot be read.
    """
    manifest = Manifest.read(weights_dir)
    record, former = write_checkpoint(weights_dir / name, name=name, **fields), manifest.get(name)
    if former is not None and former.data == record.data:
        record = dataclasses.replace(record, files=former.files)  # what they show is still what it was trained on
    manifest.with_record(record).write()
    return record


def release(run: Path, weights_dir: Path, *, name: str, **fields: Any) -> Record:
    """Publish a run's `weights` folder in `weights_dir` under a name of its own.

    Args:
        fields: what the run does not know: `card`, `data`, `data_licence`, `metrics`.

    Raises:
        WeightsError: the run holds no published weights, or they are damaged.
    """
    config = _read_config(run / "weights")
    blob = _read_bytes(run / "weights" / MODEL_FILE)
    training = config["training"]
    return publish(
        weights_dir,
        name=name,
        task=config["task"],
        config=config["network"],
        state=safetensors.torch.load(blob),
        recipe=training["recipe"],
        preset=training["preset"],
        seen_images=training["seen_images"],
        **fields,
    )


def verify(weights_dir: Path) -> list[Check]:
    """Check every record against its folder, and every folder against the records.

    Raises:
        WeightsError: the manifest itself cannot be read.
    """
    manifest = Manifest.read(weights_dir)
    checks = [_verify(record, weights_dir) for record in manifest.records]
    known = {record.path for record in manifest.records}
    strays = sorted(path.parent.name for path in weights_dir.glob(f"*/{MODEL_FILE}") if path.parent.name not in known)
    return checks + [Check(stray, "it has no record in the manifest") for stray in strays]


def listing(weights_dir: Path) -> str:
    """The manifest as an aligned table for a terminal: name, task, parameters, megabytes, pictures seen, preset.

    Raises:
        WeightsError: the manifest cannot be read.
    """
    rows = [("name", "task", "parameters", "MB", "seen images", "preset")]
    rows += [
        (r.name, r.task, f"{r.parameters:,}", f"{r.bytes / 1e6:.2f}", f"{r.seen_images:,}", r.preset)
        for r in Manifest.read(weights_dir).records
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _verify(record: Record, weights_dir: Path) -> Check:
    try:
        checkpoint = read(record.name, weights_dir)
        for name in record.files:
            checkpoint.beside.read(name)
    except WeightsError as error:
        return Check(record.name, str(error))
    folder = weights_dir / record.path
    numbers = sum(value.numel() for value in checkpoint.state.values() if value.is_floating_point())
    wrong = [
        text
        for text, right in (
            ("its size is not the record's", (folder / MODEL_FILE).stat().st_size == record.bytes),
            ("its number of parameters is not the record's", numbers == record.parameters),
            ("its config names another model", (checkpoint.name, checkpoint.task) == (record.name, record.task)),
            ("its model card is missing", (folder / CARD_FILE).is_file()),
        )
        if not right
    ]
    return Check(record.name, "; ".join(wrong))


def _licence(folder: Path, record: Record | None) -> str:
    """The card's `license`, and that of the training data where the manifest has it."""
    try:
        card = (folder / CARD_FILE).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        card = ""
    found = _LICENSE.match(card)
    parts = [found["name"]] if found else []
    if record is not None and record.data_licence:
        parts.append(f"training data: {record.data_licence}")
    return "; ".join(parts)


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    try:
        config = json.loads(_read_bytes(path))
    except (ValueError, RecursionError) as error:  # nested a thousand deep, too
        raise damaged(path, str(error)) from error
    kinds = {"name": str, "task": str, "sha256": str, "network": dict, "training": dict}
    if not isinstance(config, dict) or not all(isinstance(config.get(key), kind) for key, kind in kinds.items()):
        raise damaged(path, Message("it is not a config of this project"))
    return config


def _check_numbers(path: Path, config: Mapping[str, Any], state: Mapping[str, Tensor]) -> None:
    """A network is built before its tensors are compared: what its config counts must be of their order.

    Raises:
        WeightsError: a number, or a list of them, that is too large for tensors such as these.
    """
    most = max(MAX_CONFIG_NUMBER, 4 * max((side for tensor in state.values() for side in tensor.shape), default=0))
    pending: list[Any] = [config]
    while pending:
        value = pending.pop()
        if isinstance(value, (Mapping, list)):
            if len(value) > most:
                raise damaged(path, f"a list of {len(value)} items does not fit its tensors")
            pending += value.values() if isinstance(value, Mapping) else value
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and not abs(value) <= most:
            raise damaged(path, f"{str(value)[:40]} does not fit its tensors")


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(
            "weights",
            "{path} is missing",
            "a published checkpoint has {files}",
            "Restore the folder, or choose another model",
            path=_told(path),
            files=f"{MODEL_FILE}, {CONFIG_FILE}, {CARD_FILE}",
        ) from error


def damaged(path: Path, reason: str) -> WeightsError:
    """The error for a file of a published checkpoint that cannot be used."""
    return WeightsError(
        "weights",
        "{path} is damaged ({reason})",
        "the file as it was published is expected",
        "Restore it, or publish the checkpoint again",
        path=_told(path),
        reason=reason,
    )


def _told(path: Path) -> str:
    """A file as messages name it, which visitors of a page may read: with its folder, and not where that lies."""
    return f"{path.parent.name}/{path.name}"
