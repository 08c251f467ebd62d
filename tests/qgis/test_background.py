"""Tasks that tell their outcome only when QGIS is done with them."""

import threading
import time

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


def test_unloading_waits_for_what_runs_and_no_longer(plugin, qtbot):
    from cloudmamba_qgis import background

    told = []

    has_begun = threading.Event()

    def until_cancelled(feedback):
        has_begun.set()
        while not feedback.isCanceled():
            time.sleep(0.01)

    task = background.Task("waits", until_cancelled, told.append, told.append)
    task.start()
    assert has_begun.wait(5)
    assert background.cancel_all()
    assert background.is_idle()
    assert len(told) == 1

    begun, release = threading.Event(), threading.Event()

    def hear_nothing(_):
        begun.set()
        release.wait()

    background.Task("hears nothing", hear_nothing, told.append, told.append).start()
    assert begun.wait(5)
    assert not background.cancel_all(patience_s=0.2)
    release.set()
    qtbot.waitUntil(background.is_idle)
