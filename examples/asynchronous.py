"""async and await: coroutines by hand, tasks, groups, cancellation, queues, time limits."""

import asyncio
import inspect


class Pause:
    """The least that can be awaited: a generator in disguise."""

    def __await__(self):
        received = yield "paused"
        return received


async def simple():
    print("   before")
    value = await Pause()
    print("   got", value)
    return "result"


print("A coroutine without any event loop:")
coroutine = simple()
print("  ", inspect.getcoroutinestate(coroutine), coroutine.send(None))
try:
    coroutine.send("a value")
except StopIteration as stop:
    print("  ", stop.value, inspect.getcoroutinestate(coroutine))


async def work(name, delay, result=None):
    print("   start", name)
    try:
        await asyncio.sleep(delay)
    except asyncio.CancelledError:
        print("   cancelled", name)
        raise
    print("   done", name)
    return result or name


async def concurrency():
    print("gather runs together and keeps the order:")
    print("  ", await asyncio.gather(work("a", 0.03), work("b", 0.01), work("c", 0.02)))
    print("as_completed gives them as they come:")
    tasks = [asyncio.create_task(work(name, delay)) for name, delay in (("slow", 0.03), ("quick", 0.005))]
    for future in asyncio.as_completed(tasks):
        print("  ", await future)


async def failure():
    print("A group fails together:")
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("long", 10))
            group.create_task(fails())
    except* ValueError as errors:
        print("  ", repr(errors.exceptions))


async def fails():
    await asyncio.sleep(0.01)
    raise ValueError("a task failed")


async def limits():
    print("Time limits cancel:")
    try:
        async with asyncio.timeout(0.01):
            await work("too long", 10)
    except TimeoutError as error:
        print("  ", repr(error))
    try:
        await asyncio.wait_for(work("also", 10), 0.01)
    except TimeoutError:
        print("   timed out")
    task = asyncio.create_task(work("by hand", 10), name="named")
    await asyncio.sleep(0)
    task.cancel("a reason")
    try:
        await task
    except asyncio.CancelledError as error:
        print("  ", task.get_name(), task.cancelled(), error.args)


async def producer_consumer():
    print("A queue between tasks:")
    queue = asyncio.Queue(maxsize=2)

    async def produce():
        for n in range(4):
            await queue.put(n)
            print("   put", n)
        await queue.put(None)

    async def consume():
        total = 0
        while (item := await queue.get()) is not None:
            await asyncio.sleep(0.001)
            total += item
        return total

    _, total = await asyncio.gather(produce(), consume())
    print("   total", total)


class Countdown:
    """An asynchronous iterator and context manager."""

    def __init__(self, n):
        self.n = n

    async def __aenter__(self):
        print("   opened")
        return self

    async def __aexit__(self, *exc_info):
        print("   closed")

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.n:
            raise StopAsyncIteration
        self.n -= 1
        await asyncio.sleep(0)
        return self.n


async def ticks(n):
    try:
        for i in range(n):
            yield i
            await asyncio.sleep(0)
    finally:
        print("   generator closed")


async def protocols():
    print("async for, async with, asynchronous comprehensions:")
    async with Countdown(3) as counting:
        print("  ", [n async for n in counting])
    print("  ", {n: n * n async for n in ticks(4) if n % 2})
    generator = ticks(10)
    async for n in generator:
        if n == 2:
            break
    await generator.aclose()
    print("  ", [await work(w, 0) for w in "xy"])


async def synchronisation():
    print("Locks, events and semaphores order what happens:")
    lock, event, log = asyncio.Lock(), asyncio.Event(), []

    async def critical(name):
        async with lock:
            log.append(f"{name} in")
            await asyncio.sleep(0)
            log.append(f"{name} out")

    async def waiter():
        await event.wait()
        log.append("event seen")

    waiting = asyncio.create_task(waiter())
    await asyncio.gather(critical("one"), critical("two"))
    event.set()
    await waiting
    print("  ", log)
    print("   in a thread:", await asyncio.to_thread(sum, range(10)))
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, "set by a callback")
    print("  ", await future)


async def main():
    for part in (concurrency, failure, limits, producer_consumer, protocols, synchronisation):
        await part()


asyncio.run(main())
