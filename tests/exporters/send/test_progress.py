"""The bar: what it says of how far, how fast and how long."""

import io

from toolspan.exporters.send._progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_says_how_much_is_done_how_fast_and_how_long_it_will_take() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), 1000, is_on=True, clock=clock)
    progress.update(0, 0)
    clock.now = 10
    progress.update(250, 500)
    assert progress.line(10) == "[######..................]  25%  500 records  50/s  30 s left"
    assert progress.line(10, "retry in 0.5 s: busy") == (
        "[######..................]  25%  500 records  retry in 0.5 s: busy"
    )
    progress.update(1000, 2000)
    assert progress.line(40) == "[########################] 100%  2,000 records  50/s  0 s left"


def test_what_an_earlier_run_did_says_nothing_about_the_time_that_is_left() -> None:
    progress = Progress(io.StringIO(), 1000, is_on=True, clock=Clock())
    progress.update(900, 0)
    progress.update(950, 100)
    assert progress.line(60).endswith("1 min 0 s left")


def test_it_draws_a_few_times_a_second_and_what_is_waited_for_at_once() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = Progress(stream, 100, is_on=True, clock=clock)
    for number in range(100):
        clock.now = number / 1000
        progress.update(number, number)
    assert stream.getvalue().count("\r") == 1
    progress.update(100, 100, "retry in 1.0 s: busy")
    assert stream.getvalue().count("\r") == 2


def test_nothing_is_drawn_where_nobody_looks() -> None:
    stream = io.StringIO()
    progress = Progress(stream, 100, is_on=False)
    progress.update(50, 1)
    progress.clear()
    assert stream.getvalue() == ""
