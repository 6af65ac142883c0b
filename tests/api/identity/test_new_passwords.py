"""The length of a password, said alike wherever one is chosen."""

import pytest

from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.services.identity import invitations, password_resets
from courseflow_admin.services.identity.password_rules import LENGTH
from courseflow_admin.state.core.auth import PROBLEMS
from tests.account_builders import a_newcomer, everything, secret_of
from tests.builders import PASSWORD
from tests.invitation_builders import secret_of_newest

API = "/api/v1"
LENGTHS = pytest.mark.parametrize("length", [0, 7, 129, 180, 1001])
REFUSED = (422, "invalid", "password", "Use 8 to 128 characters.")


async def ways() -> dict[str, tuple[dict[str, str], str]]:
    """Each form a stranger chooses a password with: address, fields, and where it leads back."""
    await a_newcomer()
    await password_resets.ask("eve@demo.test")
    reset = await secret_of("password_reset")
    await invitations.create(SYSTEM, "ines@demo.test", "instructor")
    invited = await secret_of_newest()
    new = {"name": "Noor", "email": "noor@demo.test"}
    return {
        f"{API}/auth/sign-up": (new, "/sign-up?said=weak_password"),
        f"{API}/auth/reset": ({"token": reset}, f"/reset?problem=weak_password&token={reset}"),
        f"{API}/invitations/sign-up": (
            {"token": invited, "name": "Ines"},
            f"/invitations/{invited}?said=weak_password",
        ),
    }


@LENGTHS
async def test_a_form_leads_back_with_the_length_and_changes_nothing(api, length):
    forms = await ways()
    before = await everything("accounts", "emails", "sessions")

    for address, (fields, page) in forms.items():
        answer = await api.post(address, data={**fields, "password": "k" * length})

        assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert PROBLEMS["weak_password"] == LENGTH
    assert await everything("accounts", "emails", "sessions") == before


@LENGTHS
async def test_programs_read_the_length_and_nothing_is_changed(api, length):
    forms = await ways()
    before = await everything("accounts", "emails", "sessions")

    for address, (fields, _) in forms.items():
        refused = (await api.post(address, json={**fields, "password": "k" * length})).json()

        assert tuple(refused[k] for k in ("status", "code", "field", "detail")) == REFUSED
    assert await everything("accounts", "emails", "sessions") == before


@LENGTHS
async def test_a_changed_password_has_that_length_too(api, length):
    await a_newcomer()
    await api.post(f"{API}/auth/sign-in", data={"email": "eve@demo.test", "password": PASSWORD})
    before = await everything("accounts", "emails", "sessions")

    form = {"current_password": PASSWORD, "password": "k" * length}
    refused = (await api.post(f"{API}/me/password", json=form)).json()

    assert tuple(refused[k] for k in ("status", "code", "field", "detail")) == REFUSED
    assert await everything("accounts", "emails", "sessions") == before
