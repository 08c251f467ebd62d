import gc

import pytest

from cloudmamba.lasting_imports import lasting_imports


@pytest.fixture(autouse=True)
def nothing_frozen():
    yield
    gc.unfreeze()


def test_what_is_imported_is_left_alone_by_later_collections():
    assert gc.isenabled()
    with lasting_imports():
        assert not gc.isenabled()
        stays = [[]]
        assert any(thing is stays for thing in gc.get_objects())
    assert gc.isenabled()
    assert not any(thing is stays for thing in gc.get_objects())


def test_a_failed_import_leaves_collections_on():
    with pytest.raises(ImportError), lasting_imports():
        import cloudmamba.none_such  # noqa: F401
    assert gc.isenabled()
