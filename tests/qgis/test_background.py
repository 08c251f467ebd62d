"""Tasks that tell their outcome only when QGIS is done with them."""

import pytest


@pytest.mark.parametrize("succeeds", [True, False])
def test_qgis_has_let_go_of_a_task_that_tells_its_outcome(plugin, succeeds, qtbot):
    """Else QGIS may drop, instead of the ended task, the one that is started then."""
    from cloudmamba_qgis.background import Task
    from qgis.core import QgsApplication

    told = []

    def work(_):
        if not succeeds:
            raise ValueError("It was not to be.")
        return "done"

    def tell(outcome):
        told.append((outcome, task in QgsApplication.taskManager().tasks()))

    task = Task("One of two", work, tell, tell)
    task.start()
    assert task in QgsApplication.taskManager().tasks()
    qtbot.waitUntil(lambda: told)
    assert told == [("done" if succeeds else "It was not to be.", False)]


def test_each_task_of_a_queue_begins_and_ends_in_its_turn(plugin, qtbot):
    from cloudmamba_qgis import background

    events = []
    tasks = background.TaskQueue()
    for number in range(200):
        tasks.add(
            str(number),
            lambda _, number=number: events.append(("begun", number)),
            lambda _, number=number: events.append(("told", number)),
            pytest.fail,
        )
    qtbot.waitUntil(lambda: tasks.is_idle)
    assert events == [(what, number) for number in range(200) for what in ("begun", "told")]
    assert background.is_idle()


def test_a_closed_queue_tells_nothing_more(plugin, qtbot):
    from cloudmamba_qgis import background

    told = []
    tasks = background.TaskQueue()
    for number in range(3):
        tasks.add(str(number), lambda _: None, told.append, told.append)
    tasks.close()
    qtbot.waitUntil(background.is_idle)
    assert told == [] and tasks.is_idle
