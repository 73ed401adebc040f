"""What registers the deployments starts under the same conditions as any other process."""

import pytest

import flows.deploy


def test_nothing_is_registered_from_a_demos_settings_in_production(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(flows.deploy, "get_client", lambda: asked.append("Prefect"))
    monkeypatch.setenv("UTSKICK_PRODUCTION", "true")

    with pytest.raises(SystemExit, match="UTSKICK_FORMS__URL is not https"):
        flows.deploy.main()

    assert asked == []
