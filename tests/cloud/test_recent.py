from threading import Thread

from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.cloud.recent import MOST_SEEN, last_gone, last_seen, note

CLOUD = "https://api.ppio.com"


def one(identity, created_at=1, **more):
    return InstanceDetail(id=identity, created_at=created_at, **more)


def ids(cloud=CLOUD):
    return [seen.id for seen in last_seen(cloud)]


def test_the_newest_comes_first_and_each_cloud_has_its_own():
    note(CLOUD, [one("b", 2), one("a", 1), one("c", 3)])
    assert ids() == ["c", "b", "a"]
    assert ids("http://localhost") == []


def test_what_is_seen_again_replaces_what_was_known_and_keeps_its_times():
    note(CLOUD, [one("a", 5, status="running"), one("b", 2)])
    note(CLOUD, [one("a", 0, status="exited")])
    assert ids() == ["a", "b"]
    assert (last_seen(CLOUD)[0].status, last_seen(CLOUD)[0].created_at) == ("exited", 5)


def test_a_whole_listing_replaces_everything():
    note(CLOUD, [one("a"), one("b")])
    note(CLOUD, [one("b")], whole=True)
    assert ids() == ["b"]
    note(CLOUD, [], whole=True)
    assert ids() == []


def test_what_is_removed_is_forgotten():
    note(CLOUD, [one("a"), one("b")])
    note(CLOUD, (one(name, status="removed") for name in "ac"))
    assert ids() == ["b"]


def test_what_is_gone_is_found_by_its_id_or_exact_name_the_latest_first():
    note(CLOUD, [one("a", name="x", status="removed", seen_until=1)])
    gone = [one("b", name="x", status="removed"), one("x", name="y", status="removed")]
    note(CLOUD, [*gone, one("c", name="z")])
    found = {word: last_gone(CLOUD, word) for word in ("a", "b", "x", "y", "z", "c", "")}
    assert {word: seen.id for word, seen in found.items() if seen} == {"a": "a", "b": "b", "x": "x", "y": "x"}
    note(CLOUD, [one("x", name="y", status="removed", seen_until=7)])
    assert last_gone(CLOUD, "y").seen_until == 7
    assert last_gone(CLOUD, "x").seen_until == 7
    note(CLOUD, [one("d", name="n", status="removed"), one("e", name="n", status="removed", seen_until=1)])
    assert last_gone(CLOUD, "n").id == "d"
    assert last_gone("http://localhost", "a") is None


def test_of_more_than_can_be_chosen_from_the_newest_are_kept():
    note(CLOUD, [one(f"i-{number}", number) for number in range(1, MOST_SEEN + 11)])
    assert len(ids()) == MOST_SEEN
    assert ids()[-1] == "i-11"


def test_threads_lose_nothing_of_each_other():
    threads = [Thread(target=note, args=(CLOUD, [one(f"i-{number}")])) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids()) == 40
