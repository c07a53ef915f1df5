"""What TRL is told for a GPU, where the trainer's environment is."""

import json
import subprocess
from pathlib import Path

import pytest

from rft_app.trainers.environment import clean_environment
from tests.trainers.real_trainer import take_trainer

SCRIPT = Path(__file__).with_name("gpu_arguments.py")


def test_trl_takes_what_it_is_told_for_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run(
        [take_trainer(monkeypatch), "-B", str(SCRIPT), str(tmp_path)],
        capture_output=True,
        env=clean_environment() | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout.splitlines()[-1])
    here, plain, vllm = found["here"], found["plain"], found["vllm"]
    assert (here["use_cpu"], here["bf16"], here["use_vllm"]) == (True, False, False)
    assert (plain["use_cpu"], plain["bf16"], plain["use_vllm"]) == (False, True, False)
    assert (vllm["use_vllm"], vllm["vllm_mode"]) == (True, "colocate")
    assert (vllm["vllm_gpu_memory_utilization"], vllm["vllm_max_model_length"]) == (0.4, 4_352)
    assert (vllm["num_generations"], vllm["generation_batch_size"]) == (16, 128)
    assert vllm["per_device_train_batch_size"] == 32
