"""What `make quick` runs."""

from tests.changed import ALWAYS, LAYERS, chosen_for


def test_a_change_in_a_room_runs_that_room_in_every_layer():
    found = chosen_for(["courseflow_admin/services/money/refunds.py"])

    assert {"tests/services/money", "tests/api/money", "tests/state/money"} <= set(found)
    assert "tests/services/teaching" not in found
    assert not any(path.startswith("tests/browser") for path in found)


def test_a_changed_test_runs_itself():
    assert "tests/kill/test_kill.py" in chosen_for(["tests/kill/test_kill.py"])


def test_what_stands_above_all_rooms_runs_the_core():
    assert "tests/db/core" in chosen_for(["courseflow_admin/db/indexes.py"])


def test_a_builder_of_all_tests_runs_every_layer():
    assert {f"tests/{layer}" for layer in LAYERS} <= set(chosen_for(["tests/builders.py"]))


def test_no_change_runs_what_is_always_run():
    assert chosen_for([]) == sorted(ALWAYS)
