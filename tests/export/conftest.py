from __future__ import annotations

from pathlib import Path

import pytest
from transformers import PreTrainedModel

from tests.tiny_model import write_model


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random model of the seedling's shape."""
    folder = tmp_path_factory.mktemp("base")
    write_model(folder)
    return folder


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PreTrainedModel]:
    """A folder with a model of two layers in several shards, untied, and the model."""
    folder = tmp_path_factory.mktemp("small")
    model = write_model(folder, num_hidden_layers=2, tie_word_embeddings=False, shards="1MB")
    return folder, model
