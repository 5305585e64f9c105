"""Go's sort, which is not stable, and is still the same at every run: equal items end where kubectl shows them.

The events of one DaemonSet easily share a second, and tolerations share a key; from 13 items on their order is
that of pattern-defeating quicksort. Ports ``sort.Sort`` and ``sort.Slice`` (Go 1.26, ``sort/zsortfunc.go``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

_MAX_INSERTION = 12
_SHORTEST_NINTHER = 50
_MAX_SWAPS = 4 * 3
_SHORTEST_SHIFTING = 50
_MAX_STEPS = 5
_UINT64 = 2**64 - 1

_UNKNOWN, _INCREASING, _DECREASING = range(3)


def go_sorted(items: Iterable[T], less: Callable[[T, T], bool]) -> list[T]:
    """The items in the order in which Go's ``sort.Sort`` leaves them, equal ones included."""
    data = _Data(items, less)
    data.pdqsort(0, len(data.items), len(data.items).bit_length())
    return data.items


class _Data(Generic[T]):
    """The slice that is sorted; the methods bear the names of Go's functions."""

    def __init__(self, items: Iterable[T], less: Callable[[T, T], bool]) -> None:
        self.items = list(items)
        self._less = less

    def less(self, left: int, right: int) -> bool:
        return self._less(self.items[left], self.items[right])

    def swap(self, left: int, right: int) -> None:
        self.items[left], self.items[right] = self.items[right], self.items[left]

    def pdqsort(self, start: int, end: int, limit: int) -> None:
        was_balanced = was_partitioned = True
        while True:
            length = end - start
            if length <= _MAX_INSERTION:
                self.insertion_sort(start, end)
                return
            if limit == 0:
                self.heap_sort(start, end)
                return
            if not was_balanced:
                self.break_patterns(start, end)
                limit -= 1
            pivot, hint = self.choose_pivot(start, end)
            if hint == _DECREASING:
                self.items[start:end] = self.items[start:end][::-1]
                pivot = (end - 1) - (pivot - start)
                hint = _INCREASING
            if was_balanced and was_partitioned and hint == _INCREASING and self.partial_insertion_sort(start, end):
                return
            if start > 0 and not self.less(start - 1, pivot):
                start = self.partition_equal(start, end, pivot)
                continue
            middle, was_partitioned = self.partition(start, end, pivot)
            left, right = middle - start, end - middle
            was_balanced = min(left, right) >= length // 8
            if left < right:
                self.pdqsort(start, middle, limit)
                start = middle + 1
            else:
                self.pdqsort(middle + 1, end, limit)
                end = middle

    def insertion_sort(self, start: int, end: int) -> None:
        for first in range(start + 1, end):
            at = first
            while at > start and self.less(at, at - 1):
                self.swap(at, at - 1)
                at -= 1

    def heap_sort(self, start: int, end: int) -> None:
        size = end - start
        for root in range((size - 1) // 2, -1, -1):
            self.sift_down(root, size, start)
        for last in range(size - 1, -1, -1):
            self.swap(start, start + last)
            self.sift_down(0, last, start)

    def sift_down(self, root: int, end: int, first: int) -> None:
        while (child := 2 * root + 1) < end:
            if child + 1 < end and self.less(first + child, first + child + 1):
                child += 1
            if not self.less(first + root, first + child):
                return
            self.swap(first + root, first + child)
            root = child

    def partition(self, start: int, end: int, pivot: int) -> tuple[int, bool]:
        self.swap(start, pivot)
        left, right = self._shrink(start, start + 1, end - 1)
        if left > right:
            self.swap(right, start)
            return right, True
        while left <= right:
            self.swap(left, right)
            left, right = self._shrink(start, left + 1, right - 1)
        self.swap(right, start)
        return right, False

    def _shrink(self, pivot: int, left: int, right: int) -> tuple[int, int]:
        """Pass over what already lies on its side of the pivot."""
        while left <= right and self.less(left, pivot):
            left += 1
        while left <= right and not self.less(right, pivot):
            right -= 1
        return left, right

    def partition_equal(self, start: int, end: int, pivot: int) -> int:
        self.swap(start, pivot)
        left, right = start + 1, end - 1
        while True:
            while left <= right and not self.less(start, left):
                left += 1
            while left <= right and self.less(start, right):
                right -= 1
            if left > right:
                return left
            self.swap(left, right)
            left += 1
            right -= 1

    def partial_insertion_sort(self, start: int, end: int) -> bool:
        at = start + 1
        for _ in range(_MAX_STEPS):
            while at < end and not self.less(at, at - 1):
                at += 1
            if at == end:
                return True
            if end - start < _SHORTEST_SHIFTING:
                return False
            self.swap(at, at - 1)
            if at - start >= 2:
                self._shift(range(at - 1, 0, -1))
            if end - at >= 2:
                self._shift(range(at + 1, end))
        return False

    def _shift(self, places: range) -> None:
        for place in places:
            if not self.less(place, place - 1):
                break
            self.swap(place, place - 1)

    def break_patterns(self, start: int, end: int) -> None:
        length = end - start
        random = length
        modulus = 1 << length.bit_length()
        first = start + (length // 4) * 2 - 1
        for index in range(first, first + 3):
            random ^= (random << 13) & _UINT64
            random ^= random >> 7
            random ^= (random << 17) & _UINT64
            other = random & (modulus - 1)
            if other >= length:
                other -= length
            self.swap(index, start + other)

    def choose_pivot(self, start: int, end: int) -> tuple[int, int]:
        quarter = (end - start) // 4
        places = [start + quarter, start + quarter * 2, start + quarter * 3]
        swaps = 0
        if end - start >= _SHORTEST_NINTHER:
            for number, place in enumerate(places):
                places[number], more = self.median(place - 1, place, place + 1)
                swaps += more
        pivot, more = self.median(*places)
        swaps += more
        return pivot, {0: _INCREASING, _MAX_SWAPS: _DECREASING}.get(swaps, _UNKNOWN)

    def median(self, first: int, second: int, third: int) -> tuple[int, int]:
        """The place of the median, and how many of the three comparisons swapped."""
        swaps = 0
        if self.less(second, first):
            first, second, swaps = second, first, swaps + 1
        if self.less(third, second):
            second, swaps = third, swaps + 1
        if self.less(second, first):
            second, swaps = first, swaps + 1
        return second, swaps
