"""What is seen of a GPU and chosen for it, with a torch that only pretends."""

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from rft_app.domain.training_place import Gpu, TrainingMachine, plan_place
from rft_app.trainers import environment
from rft_app.trainers.environment import NEEDED, TrainerEnvironment
from rft_app.trainers.trl_local import MAIN

GB = 10**9
SETTINGS = {"precision": "auto", "generation": "auto", "vllm_share": 0.3}
SMALL_MODEL = 135_000_000


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The trainer's module, as its process imports it; nobody hides a GPU."""
    monkeypatch.syspath_prepend(MAIN)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return import_module("gpu")


@pytest.fixture
def driver(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of a driver, which is there."""
    path = tmp_path / "nvidiactl"
    path.touch()
    monkeypatch.setattr(gpu, "DEVICE_FILES", (str(tmp_path / "kfd"), str(path)))
    return path


def pretend(
    *,
    memory_bytes: int = 85 * GB,
    has_bf16: bool = True,
    is_there: bool = True,
    build: str | None = "13.0",
    why: str = "",
) -> Any:
    """A torch that says so."""

    def init() -> None:
        raise RuntimeError(why)

    cuda = SimpleNamespace(
        is_available=lambda: is_there,
        mem_get_info=lambda _at: (memory_bytes - GB, memory_bytes),
        get_device_name=lambda _at: "NVIDIA H100 80GB HBM3",
        device_count=lambda: 2,
        is_bf16_supported=lambda including_emulation: has_bf16 or including_emulation,
        init=init,
    )
    version = SimpleNamespace(cuda=build, hip=None)
    return SimpleNamespace(cuda=cuda, version=version, __version__="2.13.0")


def break_torch(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let torch be one that cannot be imported."""
    words = "libcudart.so.13: cannot open shared object file"
    (folder / "torch.py").write_text(f"raise OSError({words!r})")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "torch", raising=False)


def probe(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    torch: Any = None,
) -> TrainerEnvironment:
    """What the probe tells of such a torch; of the installed one unless given."""
    probing = import_module("probing")
    if torch is not None:
        monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(probing, "find_versions", lambda names: dict.fromkeys(names, "99.0"))
    monkeypatch.setattr(sys, "argv", ["probing.py", *NEEDED])
    probing.main()
    said = json.loads(capsys.readouterr().out)
    return TrainerEnvironment.model_validate({"python": "python3", **said})


def test_without_a_drivers_file_torch_is_not_even_loaded(
    gpu: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(gpu, "DEVICE_FILES", (str(tmp_path / "none"),))
    break_torch(monkeypatch, tmp_path)
    found = probe(monkeypatch, capsys)
    assert (found.gpu, found.gpu_fault, found.fault, found.obstacle) == (None, "", "", "")


@pytest.mark.parametrize("has_bf16", [True, False])
def test_a_gpu_is_told_with_its_memory_and_numbers(
    driver: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    has_bf16: bool,
) -> None:
    found = probe(monkeypatch, capsys, pretend(has_bf16=has_bf16))
    assert found.gpu == Gpu(
        name="NVIDIA H100 80GB HBM3",
        number=2,
        memory_bytes=85 * GB,
        free_bytes=84 * GB,
        has_bf16=has_bf16,
    )
    assert found.gpu_fault == found.obstacle == ""


def test_a_build_for_processors_beside_a_gpu_is_told(
    driver: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = probe(monkeypatch, capsys, pretend(is_there=False, build=None))
    assert found.gpu is None
    assert f"There is a GPU ({driver})" in found.gpu_fault
    assert "build for processors" in found.gpu_fault
    assert "RFT_TRAINER_PYTHON" in found.gpu_fault


def test_a_driver_that_does_not_fit_is_told_with_its_words(
    driver: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pretend(is_there=False, why="The NVIDIA driver on your system is too old\nmore")
    found = probe(monkeypatch, capsys, torch)
    assert "(The NVIDIA driver on your system is too old)" in found.gpu_fault
    assert found.obstacle == ""


def test_a_torch_that_cannot_be_loaded_keeps_from_training(
    driver: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    break_torch(monkeypatch, tmp_path)
    found = probe(monkeypatch, capsys)
    assert "OSError: libcudart.so.13: cannot open" in found.obstacle
    assert "make trainer" in found.obstacle


def test_whoever_hides_the_gpus_is_not_told_of_a_fault(
    driver: Path, gpu: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gpu.find_device_file() == str(driver)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu.find_device_file() == ""


@pytest.mark.parametrize(
    ("given", "seen"), [(None, "0"), ("2,3", "2"), ("", ""), ("GPU-5a,GPU-6b", "GPU-5a")]
)
def test_a_training_sees_the_first_of_its_gpus_alone(
    gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, given: str | None, seen: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given or "")
    if given is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    gpu.show_one()
    assert gpu.os.environ["CUDA_VISIBLE_DEVICES"] == seen


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
@pytest.mark.parametrize("generation", ["auto", "plain"])
@pytest.mark.parametrize("vllm", ["", "0.21.3", "0.22.0", "0.31.0+cu129"])
@pytest.mark.parametrize("memory_bytes", [4 * GB, 85 * GB])
@pytest.mark.parametrize("has_bf16", [True, False])
def test_the_trainer_chooses_what_was_told_before(  # every combination
    gpu: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    generation: str,
    vllm: str,
    memory_bytes: int,
    has_bf16: bool,
) -> None:
    monkeypatch.setattr(gpu, "find_vllm", lambda: vllm)
    settings = {"precision": precision, "generation": generation, "vllm_share": 0.3}
    torch = pretend(memory_bytes=memory_bytes, has_bf16=has_bf16)
    chosen = gpu.choose_place(settings, SMALL_MODEL, torch)
    seen = Gpu(**gpu.describe_gpu(torch))
    machine = TrainingMachine(gpu=seen, vllm=vllm)
    planned = plan_place(machine, precision, generation, 0.3, SMALL_MODEL)
    assert planned.model_dump() == chosen._asdict()
    wanted = generation == "auto" and vllm > "0.22" and memory_bytes > 10 * GB
    assert chosen.generation == ("vllm" if wanted else "plain")


def test_vllm_that_is_wanted_and_not_there_is_refused_where_it_is_computed(
    gpu: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SETTINGS | {"generation": "vllm"}
    error = import_module("run_files").TrainingError
    with pytest.raises(error, match="vLLM generation needs a GPU"):
        gpu.choose_place(settings, SMALL_MODEL, pretend(is_there=False))
    monkeypatch.setattr(gpu, "find_vllm", lambda: "")
    with pytest.raises(error, match="vLLM is not installed"):
        gpu.choose_place(settings, SMALL_MODEL, pretend())
    monkeypatch.setattr(gpu, "find_vllm", lambda: "0.21.0")
    with pytest.raises(error, match=r"vLLM 0\.21\.0 is older"):
        gpu.choose_place(settings, SMALL_MODEL, pretend())
    monkeypatch.setattr(gpu, "find_vllm", lambda: "0.25.1")
    assert gpu.choose_place(settings, SMALL_MODEL, pretend()).generation == "vllm"


def test_both_sides_look_for_the_same_drivers(gpu: ModuleType) -> None:
    assert gpu.DEVICE_FILES == environment.GPU_FILES
