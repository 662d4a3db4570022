"""Settings: safe defaults, and one clear line for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import Settings, WrongSetting


def settings(tmp_path: Path, **env: str) -> Settings:
    return Settings.from_env({"VAR_DIR": str(tmp_path), **env})


def test_a_trial_on_this_machine_has_demo_accounts(tmp_path: Path) -> None:
    assert settings(tmp_path).demo
    assert settings(tmp_path).plays_standins
    assert settings(tmp_path, DATABASE_URL="postgresql://x/y", REDIS_URL="redis://x").demo


@pytest.mark.parametrize(
    "env",
    [
        {"BASE_URL": "https://dvc.example.vn"},
        {"HOST": "0.0.0.0", "BASE_URL": "https://dvc.example.vn"},
    ],
)
def test_a_portal_with_a_public_address_has_none(tmp_path: Path, env: dict[str, str]) -> None:
    assert not settings(tmp_path, **env).demo
    assert not settings(tmp_path, **env).plays_standins
    assert not settings(tmp_path, **env).gateways


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"HOST": "0.0.0.0"}, "BASE_URL"),
        ({"HOST": "::1"}, "HOST"),
        ({"BASE_URL": "dvc.example.vn"}, "BASE_URL"),
        ({"STANDINS_PORT": "x"}, "STANDINS_PORT"),
        ({"LOG_LEVEL": "foo"}, "LOG_LEVEL"),
        ({"PORT": "0"}, "PORT"),
        ({"WEB_WORKERS": "-1"}, "WEB_WORKERS"),
    ],
)
def test_wrong_values_are_named(tmp_path: Path, env: dict[str, str], said: str) -> None:
    with pytest.raises(WrongSetting, match=said):
        settings(tmp_path, **env)


def test_the_secret_is_made_once_and_an_empty_one_is_made_again(tmp_path: Path) -> None:
    first = settings(tmp_path).secret_key
    assert settings(tmp_path).secret_key == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    (tmp_path / "secret_key").write_text("")
    second = settings(tmp_path).secret_key
    assert len(second) == 64
    assert second != first
    assert [p.name for p in tmp_path.iterdir()] == ["secret_key"]


def test_long_paths_get_a_short_socket_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    assert len(settings(deep).redis_url) < 100
