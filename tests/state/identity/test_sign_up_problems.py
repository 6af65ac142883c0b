"""What is wrong with a name or address that was typed is said as it is, not only which field."""

from urllib.parse import quote, urlencode

import pytest

from courseflow_admin.config import settings
from courseflow_admin.routes import form_cookie
from courseflow_admin.state.core.auth import SignInState
from tests.state.conftest import a_tab, run


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "Ada\u202eecalevoL", "Remove the text direction override (U+202E) at position 4."),
        ("name", "\u200d", "Enter your name."),
        ("name", "A" * 81, "Use at most 80 characters."),
        ("email", "ada", "Enter a valid e-mail address."),
        (
            *("email", "a@d\u0435mo.test"),
            "The domain of this address mixes look-alike letters from different alphabets.",
        ),
    ],
)
async def test_the_form_says_what_is_wrong_with_what_was_typed(database, field, value, said):
    typed = quote(urlencode({field: value}), safe="=&%+")
    cookie = f"{form_cookie(secure=settings().secure)}={typed}"
    root = a_tab(path=f"/sign-up?said=invalid_{field}", cookies=cookie)

    await run(root, SignInState, "load")

    state = await root.get_state(SignInState)
    assert (state.wrong, state.wrong_text) == (field, said)
