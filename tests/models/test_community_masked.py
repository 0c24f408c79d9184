"""Inpainting checkpoints of others."""

from __future__ import annotations

import io
import pickle
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import spandrel
import torch
from community_models import lama_class, small_esrgan, small_lama
from spandrel import Architecture, ArchRegistry, ArchSupport, MaskedImageModelDescriptor, SizeRequirements
from spandrel.util import KeyCondition
from torch import Tensor, nn

from gan.core.errors import WeightsError
from gan.models.community import MaskedModel, load_community, load_masked
from gan.models.community_files import EXTRA_ARCHITECTURES


@pytest.fixture
def lama_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "lama.safetensors"
    safetensors.torch.save_file(small_lama(monkeypatch), path)
    return path


def masked_input(height: int, width: int, pictures: int = 1) -> Tensor:
    x = torch.rand(pictures, 4, height, width, generator=torch.Generator().manual_seed(0))
    x[:, 3] = 0
    x[:, 3, height // 4 : height // 2 + 1, width // 3 : width // 2 + 1] = 1
    return x


def test_lama(lama_file: Path) -> None:
    model = load_masked(lama_file)
    assert (model.architecture, model.multiple, model.minimum_px, model.square) == ("LaMa", 8, 16, False)
    assert model.parameters == sum(p.numel() for p in model.module.parameters()) > 10_000
    assert len(model.sha256) == 64
    assert not model.module.training
    assert not any(parameter.requires_grad for parameter in model.module.parameters())


@pytest.mark.parametrize(("height", "width"), [(64, 48), (37, 51), (16, 16), (5, 90), (1, 1)])
def test_sizes(lama_file: Path, height: int, width: int) -> None:
    x = masked_input(height, width)
    with torch.inference_mode():
        y = load_masked(lama_file).module(x)
    assert y.shape == (1, 3, height, width)
    assert y.dtype == torch.float32
    assert y.min() >= 0
    assert y.max() <= 1
    known = (x[:, 3:] == 0).expand_as(y)
    assert torch.equal(y[known], x[:, :3][known])  # a hole of the wrong polarity would change what is known
    assert not torch.equal(y[~known], x[:, :3][~known])


def test_any_positive_mask_is_a_hole_and_its_colours_do_not_matter(lama_file: Path) -> None:
    module = load_masked(lama_file).module
    x = masked_input(32, 40)
    other = x.clone()
    other[:, 3] *= 0.5
    other[:, :3] = torch.where(x[:, 3:] > 0, 1 - x[:, :3], x[:, :3])
    assert torch.equal(module(x), module(other))


def test_a_batch_is_its_pictures(lama_file: Path) -> None:
    module = load_masked(lama_file).module
    x = masked_input(20, 24, pictures=3)
    assert torch.equal(module(x), torch.cat([module(picture) for picture in x.split(1)]))


def test_half_precision_is_left_out(lama_file: Path) -> None:
    module, x = load_masked(lama_file).module, masked_input(32, 40)
    with torch.autocast("cpu", torch.bfloat16):
        y = module(x)
    assert y.dtype == torch.float32
    assert torch.equal(y, module(x))


def test_fp16_files_are_widened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = {name: value.half() for name, value in small_lama(monkeypatch).items()}
    safetensors.torch.save_file(state, tmp_path / "a.safetensors")
    module = load_masked(tmp_path / "a.safetensors").module
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}


def test_each_kind_is_refused_where_the_other_is_used(lama_file: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"it is LaMa for Inpainting; .* on Inpaint's tab"):
        load_community(lama_file)
    safetensors.torch.save_file(small_esrgan(), tmp_path / "esrgan.safetensors")
    with pytest.raises(WeightsError, match=r"it is ESRGAN for SR; .* on Enhance's tab"):
        load_masked(tmp_path / "esrgan.safetensors")


def test_a_grey_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    safetensors.torch.save_file(small_lama(monkeypatch, channels=1), tmp_path / "grey.safetensors")
    with pytest.raises(WeightsError, match="LaMa for Inpainting, from 1 to 1 channels"):
        load_masked(tmp_path / "grey.safetensors")


@pytest.mark.parametrize(("name", "reason"), [("a.onnx", r'ends in "\.onnx"'), ("missing.pth", "cannot be read")])
def test_other_files_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason):
        load_masked(tmp_path / name)


# TorchScript


def traced(network: nn.Module, *inputs: Tensor) -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(network.eval(), inputs, check_trace=False), buffer)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore")  # what tracing warns of is the traced network's matter
def test_lama_as_torchscript(lama_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form in which LaMa is handed around most."""
    network = lama_class(monkeypatch)(in_nc=4, out_nc=3)
    network.load_state_dict(safetensors.torch.load_file(lama_file))
    path = tmp_path / "big-lama.pt"
    path.write_bytes(traced(network, torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32)))
    x = masked_input(32, 40)
    assert torch.equal(load_masked(path).module(x), load_masked(lama_file).module(x))


def test_a_pt_file_may_hold_tensors_only(lama_file: Path, tmp_path: Path) -> None:
    torch.save({"state_dict": safetensors.torch.load_file(lama_file)}, tmp_path / "a.pt")
    assert load_masked(tmp_path / "a.pt").architecture == "LaMa"


def torchscript(data: bytes, constants: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/data.pkl", data)
        archive.writestr("a/constants.pkl", constants)
    return buffer.getvalue()


class Malicious:
    """Makes a folder when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.mkdir, (self.trace,)


def test_torchscript_with_other_code_is_refused_and_not_run(tmp_path: Path) -> None:
    code = pickle.dumps(Malicious(tmp_path / "trace"))
    (tmp_path / "evil.pt").write_bytes(torchscript(code, constants=code))
    with pytest.raises(WeightsError, match="contains more than tensors"):
        load_masked(tmp_path / "evil.pt")
    assert not (tmp_path / "trace").exists()
    pickle.loads(code)
    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize("data", [b"", b"nonsense", pickle.dumps([1])])
def test_broken_torchscript_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.pt").write_bytes(torchscript(data))
    with pytest.raises(WeightsError, match=r"damaged|architecture is not known"):
        load_masked(tmp_path / "a.pt")


# architectures of the other package


class Random(nn.Module):
    """Like MAT: a latent of its own, dropout that is always on, and a size that nothing else fits."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3, 1, 1))
        self.z = torch.randn(1, 1, 64, 64).double()

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        assert image.shape[2:] == mask.shape[2:] == (64, 64)
        made = torch.dropout((self.weight + self.z.float()).sigmoid(), 0.5, True)
        return image * (1 - mask) + made * mask


class RandomArchitecture(Architecture[Random]):
    def __init__(self) -> None:
        super().__init__(id="Random", detect=KeyCondition.has_any("only.here"))

    def load(self, state_dict: Any) -> MaskedImageModelDescriptor[Random]:
        return MaskedImageModelDescriptor(
            Random(),
            {"weight": state_dict["only.here"]},
            architecture=self,
            purpose="Inpainting",
            tags=[],
            supports_half=False,
            supports_bfloat16=True,
            input_channels=3,
            output_channels=3,
            size_requirements=SizeRequirements(minimum=64, multiple_of=64, square=True),
        )


@pytest.fixture
def random_file(tmp_path: Path) -> Path:
    safetensors.torch.save_file({"only.here": torch.full((3, 1, 1), 0.25)}, tmp_path / "random.safetensors")
    return tmp_path / "random.safetensors"


def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    package: Any = types.ModuleType(EXTRA_ARCHITECTURES)
    package.__spec__ = types.SimpleNamespace()
    package.EXTRA_REGISTRY = ArchRegistry()
    package.EXTRA_REGISTRY.add(ArchSupport.from_architecture(RandomArchitecture()))
    monkeypatch.setitem(sys.modules, EXTRA_ARCHITECTURES, package)


def test_the_other_package_is_used_where_it_is_installed(random_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, EXTRA_ARCHITECTURES, None)
    with pytest.raises(WeightsError, match=f"architecture is not known; .* {EXTRA_ARCHITECTURES}"):
        load_masked(random_file)
    installed(monkeypatch)
    before = len(spandrel.MAIN_REGISTRY)
    model = load_masked(random_file)
    assert (model.architecture, model.multiple, model.minimum_px, model.square) == ("Random", 64, 64, True)
    assert len(spandrel.MAIN_REGISTRY) == before


@pytest.mark.parametrize(("height", "width"), [(64, 64), (30, 64), (17, 5)])
def test_networks_of_chance_repeat_themselves(
    random_file: Path, monkeypatch: pytest.MonkeyPatch, height: int, width: int
) -> None:
    installed(monkeypatch)
    x = masked_input(height, width, pictures=2)

    def made(model: MaskedModel) -> Tensor:
        y: Tensor = model.module(x)
        return y

    first = load_masked(random_file)
    state = torch.random.get_rng_state()
    y = made(first)
    assert y.shape == (2, 3, height, width)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(made(first), y)
    assert torch.equal(made(load_masked(random_file)), y)
    assert "model.z" in dict(first.module.named_buffers())  # so that it moves with the network
